import { SingleFlight } from '../base/single-flight.ts';
import type { Platform } from '../formats/oci/image.ts';
import { formatPlatform } from '../formats/oci/platform.ts';
import type { ImageFacts } from '../frontend/plan/plan.ts';
import type { ImageNode } from '../graph/node.ts';
import type { ResolvedImage, ResolveOptions } from '../images/image-source.ts';

/** Finds an image by a reference, or by a locator such as `oci-layout://..`; throws BASE_NOT_FOUND. */
export type FindImage = (reference: string, options: ResolveOptions) => Promise<ResolvedImage>;

type BasesOptions = Omit<ResolveOptions, 'platform' | 'signal'> & { readonly signal: AbortSignal };

/** The images that one build starts from: each is asked for once. */
export class Bases {
  readonly #find: FindImage;
  readonly #options: BasesOptions;
  readonly #flights = new SingleFlight<ResolvedImage>();
  readonly #byReference = new Map<string, ResolvedImage>();
  readonly #byDigest = new Map<string, ResolvedImage>();

  constructor(find: FindImage, options: BasesOptions) {
    this.#find = find;
    this.#options = options;
  }

  /** In the order in which they were found. */
  get found(): readonly ResolvedImage[] {
    return [...this.#byDigest.values()];
  }

  async resolve(reference: string, platform: Platform): Promise<ImageFacts> {
    const key = `${reference} ${formatPlatform(platform)}`;
    const known = this.#byReference.get(key);
    if (known !== undefined) return known;
    const { signal } = this.#options;
    return await this.#flights.run(key, { signal, doing: `looking for ${reference}` }, async (signal) => {
      const image = await this.#find(reference, { ...this.#options, platform, signal });
      this.#options.emitter.message(
        'debug',
        `${reference}: ${image.origin} ${image.location}, manifest ${image.manifestDigest}`,
      );
      this.#byReference.set(key, image);
      this.#byDigest.set(image.manifestDigest, image);
      return image;
    });
  }

  of(node: ImageNode): ResolvedImage {
    const image = this.#byDigest.get(node.manifestDigest);
    if (image === undefined) throw new Error(`${node.reference} was not resolved`);
    return image;
  }
}
