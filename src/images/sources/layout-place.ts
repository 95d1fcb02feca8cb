import { type Digest, hexOf, sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Descriptor, ImageIndex } from '../../formats/oci/image.ts';
import { JsonReader } from '../../formats/oci/json-reader.ts';
import { maxManifestBytes } from '../../formats/oci/limits.ts';
import { indexTypes, manifestTypes, mediaTypes } from '../../formats/oci/media-types.ts';
import { parseManifestDocument } from '../../formats/oci/parse-manifest.ts';
import { readRoot } from './choose-image.ts';
import type { DocumentPlace, RootDocument } from './document-place.ts';
import { type FileBox, readWhole } from './file-box.ts';
import { isNameOf } from './is-name-of.ts';

/** Which image of a layout or an archive is meant; neither: the only one, or the one with the tag `latest`. */
export interface ImageSelection {
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** Annotation of an image's name within a layout (OCI image spec v1.1, annotations.md), and containerd's own. */
const refName = 'org.opencontainers.image.ref.name';
const containerdName = 'io.containerd.image.name';

/** True if the files are those of an OCI image layout (image-layout.md). Throws OCI_UNSUPPORTED for another version. */
export async function isLayout(box: FileBox): Promise<boolean> {
  const bytes = await readWhole(box, 'oci-layout', maxManifestBytes);
  if (bytes === undefined) return false;
  const version = JsonReader.parse(bytes, `${box.subject}: oci-layout`).member('imageLayoutVersion').string();
  if (version === '1.0.0') return true;
  throw new FirekilnError('OCI_UNSUPPORTED', `${box.subject}: an image layout of version ${JSON.stringify(version)}`);
}

/** The blobs of an OCI image layout. */
export function layoutPlace(box: FileBox): DocumentPlace {
  return {
    subject: box.subject,
    async *blob({ digest }, signal) {
      const file = await box.read(`blobs/sha256/${hexOf(digest)}`, signal);
      if (file === undefined) {
        throw new FirekilnError('BLOB_MISSING', `${box.subject} does not have the blob ${digest}`);
      }
      yield* file.bytes;
    },
  };
}

/** The manifest or index that a selection means. Throws BASE_NOT_FOUND, naming what there is. */
export async function selectInLayout(
  box: FileBox,
  place: DocumentPlace,
  selection: ImageSelection,
  signal?: AbortSignal,
): Promise<RootDocument> {
  const bytes = await readWhole(box, 'index.json', maxManifestBytes);
  if (bytes === undefined) throw new FirekilnError('OCI_INVALID', `${box.subject}: it has no index.json`);
  const document = parseManifestDocument(bytes, { subject: `${box.subject}: index.json` });
  if (document.kind !== 'index') throw new FirekilnError('OCI_INVALID', `${box.subject}: index.json is no index`);
  const { index } = document;
  if (selection.digest !== undefined) return await byDigest(box, place, index, selection.digest, signal);
  const found = byTag(index, selection.tag);
  if (found !== undefined) return await readRoot(place, found, signal);
  // Several entries without names are the platforms of one image.
  if (selection.tag === undefined && index.manifests.length > 0 && namesIn(index).length === 0) {
    return { bytes, digest: sha256(bytes), claimedType: mediaTypes.ociIndex };
  }
  const names = namesIn(index);
  throw new FirekilnError('BASE_NOT_FOUND', `${box.subject} has no image ${selection.tag ?? 'latest'}`, {
    hint: names.length === 0 ? 'It has no names at all.' : `It has ${names.slice(0, 20).join(', ')}.`,
  });
}

function byTag(index: ImageIndex, tag: string | undefined): Descriptor | undefined {
  const images = index.manifests.filter(({ mediaType }) => [...indexTypes, ...manifestTypes].includes(mediaType));
  // Several names of one image are no choice.
  if (tag === undefined && new Set(images.map(({ digest }) => digest)).size === 1) return images[0];
  const wanted = tag ?? 'latest';
  const isNamed = ({ annotations = {} }: Descriptor) =>
    annotations[refName] === wanted ||
    isNameOf(annotations[refName], wanted) ||
    isNameOf(annotations[containerdName], wanted);
  return images.find(isNamed);
}

async function byDigest(
  box: FileBox,
  place: DocumentPlace,
  index: ImageIndex,
  digest: Digest,
  signal?: AbortSignal,
): Promise<RootDocument> {
  const listed = index.manifests.find((it) => it.digest === digest);
  if (listed !== undefined) return await readRoot(place, listed, signal);
  // An image of a platform is only in an index of its own.
  const bytes = await readWhole(box, `blobs/sha256/${hexOf(digest)}`, maxManifestBytes);
  if (bytes === undefined) throw new FirekilnError('BASE_NOT_FOUND', `${box.subject} has no image ${digest}`);
  const found = sha256(bytes);
  if (found === digest) return { bytes, digest, claimedType: undefined };
  throw new FirekilnError('DIGEST_MISMATCH', `manifest ${digest} of ${box.subject}: its digest is ${found}`);
}

function namesIn(index: ImageIndex): string[] {
  return index.manifests.flatMap(({ annotations }) => annotations?.[refName] ?? annotations?.[containerdName] ?? []);
}
