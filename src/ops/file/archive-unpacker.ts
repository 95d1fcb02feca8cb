import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type ByteString, textOf } from '../../base/byte-string.ts';
import { Digester } from '../../base/digest.ts';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError } from '../../base/system-error.ts';
import { bytesAccess } from '../../formats/io/bytes-access.ts';
import { LayerIndexer } from '../../formats/layer-index/layer-indexer.ts';
import { openLayerIndex } from '../../formats/layer-index/open-layer-index.ts';
import { blockBytes, isTarHeader } from '../../formats/tar/tar-header.ts';
import type { LayerContent } from '../../formats/tree/tree.ts';
import { decompressStream } from '../../images/decompress-stream.ts';
import type { SourceNode } from '../../source/file-source.ts';
import { FileAccess } from '../../store/file-access.ts';
import type { Store } from '../../store/store.ts';
import type { Timestamp } from './folders.ts';
import type { Owner } from './owner.ts';
import { placeArchive } from './place-archive.ts';
import type { WorkTree } from './work-tree.ts';

export interface UnpackTarget {
  readonly to: WorkTree;
  readonly destination: ByteString;
  readonly owner: Owner | undefined;
  readonly time: Timestamp;
  /** Of the archive, for messages. */
  readonly name: ByteString;
}

/**
 * Unpacks the archives of one layer. Their data lie in files of the store's file system until it is disposed, since the
 * layer is written from there.
 */
export class ArchiveUnpacker implements AsyncDisposable {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #resources = new AsyncDisposableStack();

  constructor(store: Store, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** Told by its content, packed or not: it begins with an entry of a tar. */
  async isArchive(file: SourceNode): Promise<boolean> {
    if (file.size === 0) return false;
    const first: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of this.#unpacked(file, 'a file')) {
        first.push(Buffer.from(chunk));
        length += chunk.length;
        if (length >= blockBytes) break;
      }
    } catch (error) {
      // What can't be unpacked is a file like others.
      if (isFirekilnError(error, 'COMPRESSION_INVALID')) return false;
      throw error;
    }
    const block = Buffer.concat(first).subarray(0, blockBytes);
    return block.length === blockBytes && isTarHeader(block);
  }

  async unpack(file: SourceNode, target: UnpackTarget): Promise<void> {
    const archive = await this.#index(file, `archive /${textOf(target.name)}`);
    placeArchive(archive, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #index(file: SourceNode, subject: string): Promise<LayerContent> {
    const folder = this.#resources.use(await this.#store.temporaryFolder());
    const path = join(folder.path, randomBytes(8).toString('hex'));
    const indexer = new LayerIndexer({ whiteouts: false, zeroDevices: 'refuse' });
    const digester = new Digester();
    try {
      await using output = await open(path, 'wx', 0o600);
      for await (const chunk of this.#unpacked(file, subject)) {
        indexer.push(chunk);
        digester.update(chunk);
        await output.writeFile(chunk);
      }
    } catch (error) {
      throw explainSystemError(error, 'writing', path);
    }
    const diffId = digester.digest();
    const { chunks } = indexer.finish(diffId);
    // The chunks are views of buffers that are used again.
    const index = Buffer.concat(Array.from(chunks, (chunk) => Buffer.from(chunk)));
    const data = this.#resources.use(new FileAccess(path));
    return { index: openLayerIndex(bytesAccess(index), { diffId, size: data.size }), data };
  }

  async *#unpacked(file: SourceNode, subject: string): AsyncGenerator<Uint8Array, void, undefined> {
    const signal = this.#signal;
    yield* decompressStream(asAsync(file.read(signal)), { subject, signal });
  }
}

/** Chunks of their own: what reads them may keep them. */
async function* asAsync(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
