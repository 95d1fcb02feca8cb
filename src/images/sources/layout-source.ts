import { resolve as absolute } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Store } from '../../store/store.ts';
import type { ImageSource, ResolvedImage, ResolveOptions } from '../image-source.ts';
import { openArchiveBox } from './archive-box.ts';
import { chooseImage } from './choose-image.ts';
import { openDockerArchive } from './docker-archive.ts';
import type { DocumentPlace, RootDocument } from './document-place.ts';
import { type FileBox, folderBox } from './file-box.ts';
import { type ImageSelection, isLayout, layoutPlace, selectInLayout } from './layout-place.ts';
import { resolvedImage } from './resolved-image.ts';

/**
 * The image of an OCI layout folder (`oci-layout://`), whatever the name that is asked for: the place was named, and
 * the selection says which of its images is meant.
 */
export function layoutSource(store: Store, folder: string, selection: ImageSelection): ImageSource {
  const path = absolute(folder);
  const box = folderBox(path, `layout ${path}`);
  return {
    description: box.subject,
    async resolve(name, options) {
      if (!(await isLayout(box))) return undefined;
      return await resolveIn(store, await openLayout(box, selection, options), name, 'oci-layout', path, options);
    },
  };
}

/** The image of an archive: an OCI layout in a tar, or what `docker save` writes; compressed or not. */
export function archiveSource(store: Store, file: string, selection: ImageSelection): ImageSource & AsyncDisposable {
  const path = absolute(file);
  let opened: ReturnType<typeof openArchiveBox> | undefined;
  return {
    description: `archive ${path}`,
    async resolve(name, options) {
      opened ??= openArchiveBox(store, path, options.signal);
      const box = await opened;
      if (box === undefined) return undefined;
      const found = (await isLayout(box))
        ? await openLayout(box, selection, options)
        : await openDockerArchive(box, selection);
      if (found === undefined) {
        throw new FirekilnError('OCI_INVALID', `${box.subject}: neither an OCI layout nor made by docker save`);
      }
      return await resolveIn(store, found, name, 'archive', path, options);
    },
    [Symbol.asyncDispose]: async () => await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}

interface Opened {
  readonly place: DocumentPlace;
  readonly root: RootDocument;
}

async function openLayout(box: FileBox, selection: ImageSelection, { signal }: ResolveOptions): Promise<Opened> {
  const place = layoutPlace(box);
  return { place, root: await selectInLayout(box, place, selection, signal) };
}

async function resolveIn(
  store: Store,
  { place, root }: Opened,
  name: string,
  origin: ResolvedImage['origin'],
  location: string,
  options: ResolveOptions,
): Promise<ResolvedImage> {
  const image = await chooseImage(place, root, options.platform, options.signal);
  return resolvedImage({ store, place, image, name, origin, location, tag: undefined }, options);
}
