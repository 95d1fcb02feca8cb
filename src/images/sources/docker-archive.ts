import { type Digest, Digester, hexOf, isDigest, sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { detectCompression, detectionBytes } from '../../formats/compression/detect-compression.ts';
import { peekBytes } from '../../formats/compression/peek-bytes.ts';
import { JsonReader } from '../../formats/oci/json-reader.ts';
import { maxConfigBytes, maxLayers, maxManifestBytes } from '../../formats/oci/limits.ts';
import { mediaTypes } from '../../formats/oci/media-types.ts';
import { parseImageConfig } from '../../formats/oci/parse-config.ts';
import { manifestJson } from '../manifest-json.ts';
import type { DocumentPlace, RootDocument } from './document-place.ts';
import { type FileBox, readWhole } from './file-box.ts';
import { isNameOf } from './is-name-of.ts';
import type { ImageSelection } from './layout-place.ts';

const maxArchiveImages = 4096;

interface ArchiveImage {
  readonly config: string;
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

/**
 * An image of an archive as `docker save` writes it (moby image/spec, v1.2): a manifest.json that lists images with
 * their config and layers by path. It has no OCI manifest, so one is made. Undefined if there is no manifest.json.
 */
export async function openDockerArchive(
  box: FileBox,
  selection: ImageSelection,
): Promise<{ readonly place: DocumentPlace; readonly root: RootDocument } | undefined> {
  const bytes = await readWhole(box, 'manifest.json', maxManifestBytes);
  if (bytes === undefined) return undefined;
  const image = selectImage(box, readImages(bytes, box.subject), selection);
  const configBytes = await readWhole(box, image.config, maxConfigBytes);
  if (configBytes === undefined) throw missing(box, image.config);
  const { rootfs } = parseImageConfig(configBytes, `config of ${box.subject}`);
  if (rootfs.diff_ids.length !== image.layers.length) {
    throw new FirekilnError(
      'OCI_INVALID',
      `${box.subject}: ${image.layers.length} layers, the config has ${rootfs.diff_ids.length}`,
    );
  }
  const files = new Map<Digest, string>();
  const config = { digest: sha256(configBytes), size: configBytes.length };
  files.set(config.digest, image.config);
  const layers = [];
  for (const [i, path] of image.layers.entries()) {
    const layer = await describeLayer(box, path, rootfs.diff_ids[i]);
    files.set(layer.digest, path);
    layers.push(layer);
  }
  const manifest = manifestJson(config, layers);
  const place: DocumentPlace = {
    subject: box.subject,
    async *blob({ digest }, signal) {
      const file = await box.read(files.get(digest) ?? hexOf(digest), signal);
      if (file === undefined) throw missing(box, files.get(digest) ?? digest);
      yield* file.bytes;
    },
  };
  return { place, root: { bytes: manifest, digest: sha256(manifest), claimedType: mediaTypes.ociManifest } };
}

function readImages(bytes: Uint8Array, subject: string): readonly ArchiveImage[] {
  return JsonReader.parse(bytes, `${subject}: manifest.json`)
    .items(maxArchiveImages)
    .map((image) => ({
      config: image.member('Config').string(),
      names: image.member('RepoTags').strings(maxArchiveImages),
      layers: image.member('Layers').strings(maxLayers),
    }));
}

function selectImage(box: FileBox, images: readonly ArchiveImage[], { tag, digest }: ImageSelection): ArchiveImage {
  const names = images.flatMap((image) => image.names);
  const found =
    tag === undefined && digest === undefined
      ? images.length === 1
        ? images[0]
        : undefined
      : images.find(
          (image) => image.names.some((name) => isNameOf(name, tag)) || image.config.includes(digest?.slice(7) ?? '/'),
        );
  if (found !== undefined) return found;
  const what = tag ?? digest ?? 'without a name';
  throw new FirekilnError('BASE_NOT_FOUND', `${box.subject} has no image ${what}`, {
    hint: `It has ${images.length} images: ${names.slice(0, 20).join(', ')}.`,
  });
}

/** Layers in these archives are plain tars, so their digest is the diffID; others have to be read for theirs. */
async function describeLayer(box: FileBox, path: string, diffId: Digest | undefined) {
  const file = await box.read(path);
  if (file === undefined) throw missing(box, path);
  const { head, stream } = await peekBytes(file.bytes, detectionBytes);
  const kind = detectCompression(head);
  if (kind === 'none' && isDigest(diffId)) {
    await stream.return();
    return { mediaType: mediaTypes.ociLayer, digest: diffId, size: file.size };
  }
  const digester = new Digester();
  for await (const chunk of stream) digester.update(chunk);
  const mediaType = kind === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayerGzip;
  return { mediaType, digest: digester.digest(), size: file.size };
}

function missing(box: FileBox, path: string): FirekilnError {
  return new FirekilnError('OCI_INVALID', `${box.subject}: the file ${path} is missing`);
}
