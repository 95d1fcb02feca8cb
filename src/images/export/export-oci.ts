import { byteStringFromText } from '../../base/byte-string.ts';
import { hexOf } from '../../base/digest.ts';
import { goJson } from '../../formats/oci/go-json.ts';
import { mediaTypes } from '../../formats/oci/media-types.ts';
import { formatReference, parseReference, withDefaultTag } from '../../formats/oci/reference.ts';
import { type TarContent, type TarInput, writeTar } from '../../formats/tar/tar-writer.ts';
import type { Store } from '../../store/store.ts';
import type { ExportRequest } from './export-request.ts';
import { type OciBlobs, type OutputBlob, ociBlobs } from './oci-blobs.ts';
import { takesStream } from './output-place.ts';
import { writeFolder } from './write-folder.ts';
import { writeOutput } from './write-output.ts';

export interface OutputFile {
  readonly path: string;
  readonly size: number;
  readonly read: () => TarContent;
}

/**
 * An OCI image layout (OCI image spec v1.1, image-layout.md): a tar if `dest` ends in `.tar` or is the output, a pipe or a
 * device, else a folder. `docker` is a tar that `docker load` takes too.
 */
export async function exportOci(store: Store, request: ExportRequest): Promise<void> {
  const { dest, type } = request;
  await using lease = await store.lease('exporting an image');
  await lease.hold(...request.image.layers);
  await using folder = await store.temporaryFolder();
  const blobs = await ociBlobs(store, request, folder.path);
  const names = namesOf(request);
  const files = layoutFiles(blobs, names);
  if (type === 'docker') files.push(textFile('manifest.json', dockerManifest(blobs, names)));
  if (type === 'docker' || dest === '-' || dest.endsWith('.tar') || (await takesStream(dest))) {
    await writeOutput(writeTar(tarInputs(files), { signal: request.signal }), request);
  } else {
    await writeFolder(dest, files, request.signal);
  }
}

function namesOf({ tags, image }: ExportRequest): readonly string[] {
  const names = tags ?? image.metadata?.tags ?? [];
  const own = names.length === 0 && !image.name.startsWith('sha256:') ? [image.name] : names;
  return [...new Set(own.map((name) => formatReference(withDefaultTag(parseReference(name)))))];
}

function layoutFiles({ config, layers, manifest }: OciBlobs, names: readonly string[]): OutputFile[] {
  const blobs = new Map([manifest, config, ...layers].map((blob) => [blob.digest, blob]));
  return [
    textFile('oci-layout', goJson({ imageLayoutVersion: '1.0.0' })),
    textFile('index.json', indexJson(manifest, names)),
    ...[...blobs.values()].map(({ digest, size, read }) => ({ path: `blobs/sha256/${hexOf(digest)}`, size, read })),
  ];
}

function indexJson({ digest, size }: OutputBlob, names: readonly string[]): string {
  const entry = { mediaType: mediaTypes.ociManifest, digest, size };
  const named = names.map((name) => ({
    ...entry,
    annotations: {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? 'latest',
    },
  }));
  return goJson({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: named.length === 0 ? [entry] : named,
  });
}

function dockerManifest({ config, layers }: OciBlobs, names: readonly string[]): string {
  const path = ({ digest }: OutputBlob) => `blobs/sha256/${hexOf(digest)}`;
  return goJson([{ Config: path(config), RepoTags: names, Layers: layers.map(path) }]);
}

function textFile(path: string, text: string): OutputFile {
  const bytes = Buffer.from(text);
  return { path, size: bytes.length, read: () => [bytes] };
}

const common = { uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0 };

function* tarInputs(files: readonly OutputFile[]): Generator<TarInput> {
  for (const path of ['blobs', 'blobs/sha256']) {
    yield { entry: { ...common, path: byteStringFromText(path), kind: 'directory', mode: 0o755, size: 0 } };
  }
  for (const { path, size, read } of files) {
    yield { entry: { ...common, path: byteStringFromText(path), kind: 'file', mode: 0o644, size }, content: read() };
  }
}
