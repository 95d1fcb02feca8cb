import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { commitImage } from '../images/commit-image.ts';
import type { OutputRequest } from '../images/export/export-request.ts';
import { findImage } from '../images/find-image.ts';
import type { ImageCommit, Segment, SegmentsOptions, StoredImage } from '../images/image.ts';
import { parseImageLocator } from '../images/image-locator.ts';
import type { ImageSource, ResolvedImage, ResolveOptions } from '../images/image-source.ts';
import { loadImage } from '../images/load-image.ts';
import { ensureSegments } from '../images/segments/ensure-segments.ts';
import { type BaseStorePlace, baseStoreSource } from '../images/sources/base-store-source.ts';
import { imageStoreSource } from '../images/sources/image-store-source.ts';
import { archiveSource, layoutSource } from '../images/sources/layout-source.ts';
import { registrySource } from '../images/sources/registry-source.ts';
import { loginFiles } from '../registry/login-files.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { standardOutput } from '../report/output.ts';
import { firecrackerConfiguration } from '../vm/firecracker/configuration.ts';
import type { App } from './app.ts';
import { openAppliance } from './appliance.ts';
import { openHttp, openRegistrySettings } from './http.ts';

/** What there is to do with images, wired to the store, the registries and the logins of this run. */
export interface Images extends AsyncDisposable {
  /**
   * Finds an image by its name (see {@link findImage}), or by `oci-layout://`, `oci-archive://` or `docker-archive://`
   * and a path. `baseStore` is looked in first. Throws BASE_NOT_FOUND.
   */
  resolve(
    name: string,
    options: ResolveOptions & { readonly baseStore?: BaseStorePlace | undefined },
  ): Promise<ResolvedImage>;
  /** Asks the registry only, as `pull` does. */
  pull(name: string, options: ResolveOptions): Promise<ResolvedImage>;
  commit(commit: ImageCommit): Promise<StoredImage>;
  load(name: string): Promise<StoredImage | undefined>;
  ensureSegments(layers: readonly Digest[], options: SegmentsOptions): Promise<readonly Segment[]>;
  /** Writes an image as `-o` asks; `-` is the standard output. */
  export(request: OutputRequest): Promise<void>;
}

export async function openImages(app: App): Promise<Images> {
  return await app.part('images', async () => {
    const store = await app.store();
    const imageStore = imageStoreSource(store);
    const cleanup = new AsyncDisposableStack();
    const registry = lazySource('registry', async () => {
      const client = new RegistryClient({
        http: await openHttp(app),
        settings: await openRegistrySettings(app),
        credentials: loginFiles(process.env),
        emitter: app.emitter.with({ module: 'registry' }),
      });
      return registrySource(store, client);
    });
    const files = new Map<string, ImageSource>();
    const fileSource = (name: string): ImageSource | undefined => {
      const locator = parseImageLocator(name);
      if (locator === undefined) return undefined;
      const made =
        files.get(name) ??
        (locator.type === 'oci-layout'
          ? layoutSource(store, locator.path, locator)
          : cleanup.use(archiveSource(store, locator.path, locator)));
      files.set(name, made);
      return made;
    };
    const from = async (source: ImageSource, name: string, options: ResolveOptions) => {
      const found = await source.resolve(name, options);
      if (found !== undefined) return found;
      throw new FirekilnError('BASE_NOT_FOUND', `${source.description} is not there, or has no image ${name}`);
    };
    return {
      async resolve(name, options) {
        const source = fileSource(name);
        if (source !== undefined) return await from(source, name, options);
        const { baseStore: place } = options;
        const baseStore = place === undefined ? undefined : baseStoreSource(store, place);
        return await findImage({ baseStore, imageStore, registry }, name, options);
      },
      pull: async (name, options) => await from(fileSource(name) ?? registry, name, { ...options, fresh: true }),
      commit: async (commit) => await commitImage(store, commit),
      load: async (name) => await loadImage(store, name),
      ensureSegments: async (layers, options) => await ensureSegments(store, layers, options),
      export: async ({ type, ...request }) => {
        if (type === 'firecracker') {
          const { exportFirecracker } = await import('../runtime/firecracker-folder.ts');
          const appliance = await openAppliance(app);
          await exportFirecracker(store, { ...request, type }, { appliance, makeConfig: firecrackerConfiguration });
          return;
        }
        const { exportImage } = await import('../images/export/export-image.ts');
        await exportImage(store, { ...request, type, output: standardOutput() });
      },
      [Symbol.asyncDispose]: async () => await cleanup.disposeAsync(),
    };
  });
}

/** A source that is opened when it is first asked: most builds never need a registry. */
function lazySource(description: string, open: () => Promise<ImageSource>): ImageSource {
  let opened: Promise<ImageSource> | undefined;
  return {
    description,
    resolve: async (name, options) => {
      opened ??= open();
      return await (await opened).resolve(name, options);
    },
  };
}
