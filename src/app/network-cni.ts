import { dirname, resolve } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { AttachedVms } from '../net/cni/attached-vms.ts';
import { buildsNetwork, buildsPlugins, writeBuildsConflist } from '../net/cni/builds-conflist.ts';
import { type CniNetworkProvider, createCniNetworkProvider } from '../net/cni/cni-provider.ts';
import { findNetwork, listNetworks } from '../net/cni/find-network.ts';
import { findPlugin } from '../net/cni/find-plugin.ts';
import { defaultNetnsDir } from '../net/cni/netns.ts';
import { ownPluginFolder } from '../net/cni/own-plugins.ts';
import type { CniPlaces } from '../net/network-choice.ts';
import type { App } from './app.ts';
import { cniStateDir } from './data-dir.ts';

interface CniFolders {
  readonly confDirs: readonly string[];
  readonly binDirs: readonly string[];
  readonly cacheDir: string;
  readonly netnsDir: string;
}

const defaults = {
  confDirs: ['/etc/cni/conf.d', '/etc/cni/net.d'],
  binDirs: ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'],
  cacheDir: '/var/lib/cni',
};

/** Where CNI keeps its things on this host: what flags say, else config.toml, else the customary places. */
async function cniFolders(app: Pick<App, 'config'>, flags: CniPlaces = {}): Promise<CniFolders> {
  const { network = {} } = await app.config();
  const list = (flag: string | undefined, config: string | undefined, otherwise: readonly string[]) => {
    const named = flag?.split(':').filter((folder) => folder !== '') ?? [];
    if (named.length > 0) return named.map((folder) => resolve(folder));
    return config === undefined ? otherwise : [config];
  };
  return {
    confDirs: list(flags.cniConfDir, network.cni_conf_dir, defaults.confDirs),
    // Firekiln's own plugins are the last choice: what an operator has installed comes first.
    binDirs: [...list(flags.cniBinDir, network.cni_bin_dir, defaults.binDirs), ownPluginFolder()],
    cacheDir: resolve(flags.cniCacheDir || network.cni_cache_dir || defaults.cacheDir),
    netnsDir: resolve(flags.netns || defaultNetnsDir),
  };
}

/** The provider of a CNI network, such as that of `--machine-cni-network-name`. */
export async function openCniNetwork(app: App, network: string, flags: CniPlaces = {}): Promise<CniNetworkProvider> {
  const folders = await cniFolders(app, flags);
  return createCniNetworkProvider({ network, ...folders, stateDir: cniStateDir(app.dataDir) });
}

/** Throws CNI_NETWORK_MISSING with the networks that there are. */
export async function requireCniNetwork(
  app: Pick<App, 'config'>,
  { name, places }: { readonly name: string; readonly places?: CniPlaces | undefined },
): Promise<void> {
  await findNetwork(name, (await cniFolders(app, places)).confDirs);
}

/**
 * The same for VMs: the network is there, and what killed processes have left on CNI networks is undone first. Throws
 * CNI_NETWORK_MISSING with the networks that there are, PERMISSION.
 */
export async function openCniForVms(
  app: App,
  { name, places }: { readonly name: string; readonly places?: CniPlaces | undefined },
): Promise<CniNetworkProvider> {
  await requireCniNetwork(app, { name, places });
  if (process.geteuid?.() !== 0) {
    throw new FirekilnError('PERMISSION', `only root can attach VMs to the CNI network ${name}`, {
      hint: 'Run firekiln with sudo; without root there is the user network: --network user.',
    });
  }
  await reclaimAttachedVms(app);
  return await openCniNetwork(app, name, places);
}

export interface BuildsNetworkSetup {
  readonly path: string;
  readonly isNew: boolean;
  /** Plugins of it that are not installed. */
  readonly missing: readonly string[];
}

/**
 * Writes the configuration of the network `machine-builds` into the first folder of configurations. Throws
 * CNI_CONFIG_INVALID if a network of that name is configured otherwise.
 */
export async function setUpBuildsNetwork(app: Pick<App, 'config'>, places: CniPlaces): Promise<BuildsNetworkSetup> {
  const { confDirs, binDirs } = await cniFolders(app, places);
  const [folder = ''] = confDirs;
  const { found } = await listNetworks(confDirs);
  const other = found.find(({ file, network }) => network.name === buildsNetwork.name && dirname(file) !== folder);
  if (other !== undefined) {
    throw new FirekilnError('CNI_CONFIG_INVALID', `the network ${buildsNetwork.name} is configured in ${other.file}`, {
      hint: 'Use it as it is, or remove that file and run this again.',
    });
  }
  const written = await writeBuildsConflist(folder);
  const looks = buildsPlugins.map(async (type) => {
    return await findPlugin(type, binDirs).then(
      () => undefined,
      () => type,
    );
  });
  return { ...written, missing: (await Promise.all(looks)).filter((type) => type !== undefined) };
}

/** Undoes what processes that are gone have left on CNI networks; failures are told. The ids of these VMs. */
export async function reclaimAttachedVms(app: Pick<App, 'dataDir' | 'emitter'>): Promise<readonly string[]> {
  return await attachedVms(app).reclaim((vmId, error) => {
    const words = error instanceof Error ? error.message : String(error);
    app.emitter.message('warn', `not all of the network of ${vmId} could be undone: ${words}`);
  });
}

/** The VMs of this data dir that are attached to CNI networks. */
export function attachedVms(app: Pick<App, 'dataDir'>): AttachedVms {
  return new AttachedVms(cniStateDir(app.dataDir));
}

export interface NetworkDescription {
  readonly name: string;
  readonly file: string;
  readonly versions: readonly string[];
  readonly plugins: readonly string[];
}

/** The CNI networks that are configured on this host, and the files that can't be used. */
export async function describeCniNetworks(
  app: Pick<App, 'config'>,
  flags: CniPlaces,
): Promise<{ found: readonly NetworkDescription[]; bad: readonly { readonly file: string; readonly why: string }[] }> {
  const { found, bad } = await listNetworks((await cniFolders(app, flags)).confDirs);
  return {
    found: found.map(({ file, network: { name, versions, plugins } }) => {
      return { name, file, versions, plugins: plugins.map(({ type }) => type) };
    }),
    bad: bad.map(({ file, error }) => ({ file, why: error instanceof Error ? error.message : String(error) })),
  };
}
