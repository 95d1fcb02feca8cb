import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import pLimit from 'p-limit';
import { type Digest, Digester, hexOf, sha256 } from '../../base/digest.ts';
import { explainSystemError } from '../../base/system-error.ts';
import type { Descriptor } from '../../formats/oci/image.ts';
import { maxConfigBytes } from '../../formats/oci/limits.ts';
import { mediaTypes } from '../../formats/oci/media-types.ts';
import type { Store } from '../../store/store.ts';
import { configJson } from '../config-json.ts';
import { writeAll } from '../ext4-file.ts';
import { manifestJson } from '../manifest-json.ts';
import { fileBytes, openFile } from '../sources/file-box.ts';
import { clampConfig, clampLayers } from './clamp-layers.ts';
import type { ExportRequest } from './export-request.ts';

/** A blob of an OCI image to be written somewhere. */
export interface OutputBlob {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** May be called again. */
  readonly read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface OciBlobs {
  readonly config: OutputBlob;
  readonly layers: readonly OutputBlob[];
  readonly manifest: OutputBlob;
}

/** Layers that are packed at the same time. */
const parallelLayers = 2;

/**
 * All blobs of the image as it is exported: its layers packed with gzip, or, where times are fixed, as they are, since
 * what gzip makes of the same bytes differs between versions of zlib. Packed layers lie in `folder`.
 */
export async function ociBlobs(store: Store, request: ExportRequest, folder: string): Promise<OciBlobs> {
  const { image, sourceDateEpoch: epoch, signal } = request;
  const isPlain = epoch !== undefined;
  const diffIds = isPlain ? await clampLayers(store, image.layers, epoch, signal) : image.layers;
  const configBytes = isPlain
    ? configJson(commitOf(clampConfig(image.config, diffIds, epoch)))
    : await store.content.readAll(image.id, maxConfigBytes);
  const config = smallBlob(configBytes);
  const limit = pLimit(parallelLayers);
  const layers = await Promise.all(
    diffIds.map((diffId) =>
      limit(async () =>
        isPlain ? await plainBlob(store, diffId, signal) : await gzipBlob(store, diffId, folder, signal),
      ),
    ),
  );
  const mediaType = isPlain ? mediaTypes.ociLayer : mediaTypes.ociLayerGzip;
  const descriptors = layers.map(({ digest, size }): Descriptor => ({ mediaType, digest, size }));
  return { config, layers, manifest: smallBlob(manifestJson(config, descriptors)) };
}

function commitOf(file: ReturnType<typeof clampConfig>) {
  const { os, architecture, variant, author, config = {}, history = [], created } = file;
  const version = file['os.version'];
  const platform = {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  };
  return { platform, author, config, history, created, layers: file.rootfs.diff_ids };
}

function smallBlob(bytes: Uint8Array): OutputBlob {
  return { digest: sha256(bytes), size: bytes.length, read: () => [bytes] };
}

async function plainBlob(store: Store, diffId: Digest, signal?: AbortSignal): Promise<OutputBlob> {
  using layer = await store.layers.open(diffId);
  return { digest: diffId, size: layer.size, read: () => store.content.stream(diffId, { signal }) };
}

async function gzipBlob(store: Store, diffId: Digest, folder: string, signal?: AbortSignal): Promise<OutputBlob> {
  const path = join(folder, hexOf(diffId));
  const digester = new Digester();
  let size = 0;
  try {
    await using file = await open(path, 'w', 0o600);
    const packer = createGzip({ chunkSize: 256 * 1024 });
    // A failure of the source destroys the packer, and so reaches the loop.
    pipeline(copies(store.content.stream(diffId, { signal })), packer, () => {});
    for await (const chunk of packer as AsyncIterable<Buffer>) {
      digester.update(chunk);
      await writeAll(file, chunk, size);
      size += chunk.length;
    }
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  }
  const length = size;
  return {
    digest: digester.digest(),
    size,
    async *read() {
      const file = await openFile(path);
      if (file !== undefined) yield* fileBytes(file, path, { start: 0, length }, signal);
    },
  };
}

/** The chunks of the store may be used again before the packer has read them. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
