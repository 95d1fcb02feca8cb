import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import type { BuildServices } from '../../../src/build/build-services.ts';
import { canonicalName } from '../../../src/formats/oci/reference.ts';
import type { Tree } from '../../../src/formats/tree/tree.ts';
import type { StoredImage } from '../../../src/images/image.ts';
import { layoutSource } from '../../../src/images/sources/layout-source.ts';
import { type BuildBed, openBuildBed } from '../build-bed.ts';
import type { BuildCase } from '../build-corpus.ts';
import { corporaFolder } from '../corpora.ts';
import { layOutCase } from './case-folder.ts';

/** The OCI layout that a reference stands for. */
export type LayoutOf = (reference: string) => string | undefined;

/** The names under which the cases of the corpora use the one base image. */
const baseNames = [
  'busybox',
  'alpine',
  'debian',
  'ubuntu',
  'mirror.gcr.io/busybox',
  'mirror.gcr.io/alpine',
  'quay.io/libpod/busybox',
  'quay.io/libpod/centos',
];

/** Builds cases of the corpora in one store, from the base image that belongs to them. */
export interface CaseBuilder extends AsyncDisposable {
  readonly bed: BuildBed;
  build(it: BuildCase, services?: Partial<BuildServices>, noCache?: boolean): Promise<StoredImage>;
  /** The file systems of the base (that of the corpora by default) and of an image. To be disposed. */
  open(image: StoredImage, base?: string): Promise<{ readonly base: Tree; readonly tree: Tree } & Disposable>;
}

/** The base image of the corpora, made below the folder. */
export function corpusBase(folder: string): LayoutOf {
  const layout = join(folder, 'base');
  execFileSync('python3', [join(corporaFolder ?? '', 'build/make-base.py'), layout], { stdio: 'pipe' });
  const known = baseNames.map((name) => canonicalName(name).split(':')[0]);
  return (reference) => (known.includes(canonicalName(reference).split(':')[0]) ? layout : undefined);
}

/** `folder` is the caller's to remove. The base images are those of the corpora by default. */
export async function openCaseBuilder(folder: string, layoutOf: LayoutOf = corpusBase(folder)): Promise<CaseBuilder> {
  const bed = await openBuildBed(folder, (store) => ({
    findImage: async (reference, options) => {
      const layout = layoutOf(reference);
      const found =
        layout === undefined ? undefined : await layoutSource(store, layout, {}).resolve(reference, options);
      if (found === undefined) throw new FirekilnError('BASE_NOT_FOUND', `${reference} is not here`);
      return found;
    },
  }));

  return {
    bed,
    build: async (it, services = {}, noCache = false) => {
      await mkdir(join(folder, 'cases'), { recursive: true });
      const place = await mkdtemp(join(folder, 'cases', 'case-'));
      try {
        const { context, dockerfile, named } = await layOutCase(it, place);
        const secrets = Object.entries(it.secrets).map(([id, value]) => ({ id, env: `SECRET_${id}`, value }));
        return await bed.build(
          {
            context,
            dockerfile,
            cwd: place,
            target: it.target,
            buildArgs: new Map(Object.entries(it.buildArgs)),
            buildContexts: named,
            secrets,
            noCache,
          },
          { env: Object.fromEntries(secrets.map(({ env, value }) => [env, value])), ...services },
        );
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
    open: async (image, baseName = 'busybox') => {
      const platform = { os: 'linux', architecture: 'amd64' };
      const options = { platform, fresh: false, emitter: silentEmitter };
      const base = await layoutSource(bed.store, layoutOf(baseName) ?? '', {}).resolve(baseName, options);
      using stack = new DisposableStack();
      const below = stack.use(await bed.openTree((await base?.layers({ node: '', emitter: silentEmitter })) ?? []));
      const whole = stack.use(await bed.openTree(image.layers));
      const owned = stack.move();
      return { base: below.tree, tree: whole.tree, [Symbol.dispose]: () => owned.dispose() };
    },
    [Symbol.asyncDispose]: async () => await bed[Symbol.asyncDispose](),
  };
}
