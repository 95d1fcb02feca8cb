import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { isBaseName } from './bases/base-name.ts';
import type { ImageSource, ResolvedImage, ResolveOptions } from './image-source.ts';

/** Where images are looked for. */
export interface ImagePlaces {
  /** `--machine-rootfs-base`. */
  readonly baseStore?: ImageSource | undefined;
  readonly imageStore: ImageSource;
  readonly registry: ImageSource;
}

/**
 * Finds an image: base store, image store, registry; with `fresh` the registry before the image store, which then only
 * counts if the registry does not have the image or can't be asked. Throws BASE_NOT_FOUND, saying where it was looked
 * for, and what the registry throws.
 */
export async function findImage(places: ImagePlaces, name: string, options: ResolveOptions): Promise<ResolvedImage> {
  const { baseStore, imageStore, registry } = places;
  const stores = options.fresh ? [registry, imageStore] : [imageStore, registry];
  const order = [...(baseStore === undefined ? [] : [baseStore]), ...stores];
  let failure: FirekilnError | undefined;
  for (const source of order) {
    try {
      const found = await source.resolve(name, options);
      if (found === undefined) continue;
      if (failure !== undefined) {
        options.emitter.message('warn', `${failure.message}; ${name} is taken from the ${source.description}`);
      }
      return found;
    } catch (error) {
      if (!isFirekilnError(error) || source !== registry || options.signal?.aborted === true) throw error;
      failure = error;
    }
  }
  const looked = order.map(({ description }) => `looked in the ${description}`);
  if (failure === undefined) {
    throw new FirekilnError('BASE_NOT_FOUND', `the image ${name} is nowhere to be found`, { details: looked });
  }
  const { code, message, hint, cause, details = [] } = failure;
  throw new FirekilnError(code, `the image ${name} is not here, and can not be fetched: ${message}`, {
    hint:
      hint ??
      (isBaseName(name)
        ? `It can be made from packages, without a registry: firekiln base build ${name}`
        : 'Name a mirror that can be reached in config.toml ([registry."HOST"] mirrors), or take the image from a file: --build-context NAME=oci-archive://FILE.'),
    cause,
    details: [...details, ...looked],
  });
}
