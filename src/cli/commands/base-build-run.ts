import type { App } from '../../app/app.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { driverFlags } from '../driver-flags.ts';
import { loadFrontend } from '../load-frontend.ts';
import { packageVersion } from '../package-version.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import type { BaseBuildFlags } from './base.ts';
import { buildRequest, byteSize, count } from './build-request.ts';

const defaultSize = 2 * 2 ** 30;

/** Gives what is to be printed: the image's id or, for a recipe, the path of the disk. */
export async function runBaseBuild(app: App, name: string, flags: BaseBuildFlags): Promise<readonly string[]> {
  await loadFrontend();
  const { findRecipe } = await import('../../app/base-recipe.ts');
  const recipe = findRecipe(name, process.cwd());
  const { mirror } = flags;
  // It becomes a word of sources.list(5).
  if (mirror !== undefined && !/^[a-z+]+:[^\s[\]]+$/.test(mirror)) {
    throw new FirekilnError(
      'USAGE',
      `--mirror: ${JSON.stringify(mirror)} is no URL such as http://deb.debian.org/debian`,
    );
  }
  const version = packageVersion();
  const epoch = sourceDateEpoch(process.env.SOURCE_DATE_EPOCH);
  if (recipe === undefined) {
    refuseRecipeFlags(flags);
    const { buildBase } = await import('../../images/bases/build-base.ts');
    const { emitter, signal } = app;
    const options = { mirror, sourceDateEpoch: epoch, version, node: 'base', emitter, signal };
    return [(await buildBase(await app.store(), name, options)).id];
  }
  const { buildRecipe } = await import('../../app/base-recipe.ts');
  const { buildServices } = await import('../../app/builder.ts');
  const { defaultBaseRoot } = await import('../../images/bases/base-store.ts');
  const none: readonly string[] = [];
  const lists = { buildContext: none, secret: none, ssh: none, label: none, addHost: none, allow: none, output: none };
  const request = buildRequest(recipe.folder, { ...lists, ...flags, cacheFilter: none }, process.env);
  const services = await buildServices(app, {
    ...driverFlags(flags),
    vcpus: flags.cpus === undefined ? undefined : count('--cpus', flags.cpus),
    memoryBytes: flags.memory === undefined ? undefined : byteSize('--memory', flags.memory),
    version,
  });
  const { path } = await buildRecipe(services, {
    recipe,
    root: flags.baseRoot ?? defaultBaseRoot(app.dataDir),
    size: flags.size === undefined ? defaultSize : byteSize('--size', flags.size),
    request,
    authorizedKeys: flags.sshAuthorizedKey,
    mirror,
  });
  return [path];
}

function refuseRecipeFlags(flags: BaseBuildFlags): void {
  const given = {
    '--base-root': flags.baseRoot,
    '--tag': flags.tag[0],
    '--ssh-authorized-key': flags.sshAuthorizedKey,
    '--build-arg': flags.buildArg[0],
    '--size': flags.size,
    '--cpus': flags.cpus,
    '--memory': flags.memory,
    '--driver': flags.driver,
    '--require-kvm': flags.requireKvm,
    '--pull': flags.pull,
    '--no-cache': flags.cache ? undefined : true,
  };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new FirekilnError('USAGE', `${flag} is for recipes, and this is a base made from packages`, {
    hint: 'A recipe is named by its folder, such as baseos/_/debian/bookworm.',
  });
}
