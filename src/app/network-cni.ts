import { resolve } from 'node:path';
import { AttachedVms } from '../net/cni/attached-vms.ts';
import { type CniNetworkProvider, createCniNetworkProvider } from '../net/cni/cni-provider.ts';
import { listNetworks } from '../net/cni/find-network.ts';
import { defaultNetnsDir } from '../net/cni/netns.ts';
import { ownPluginFolder } from '../net/cni/own-plugins.ts';
import type { App } from './app.ts';
import { cniStateDir } from './data-dir.ts';

/** `--cni-bin-dir`, `--cni-conf-dir`, `--cni-cache-dir` and `--netns`; the first two may be lists with `:`. */
export interface CniFlags {
  readonly cniBinDir?: string | undefined;
  readonly cniConfDir?: string | undefined;
  readonly cniCacheDir?: string | undefined;
  readonly netns?: string | undefined;
}

export interface CniFolders {
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
async function cniFolders(app: Pick<App, 'config'>, flags: CniFlags = {}): Promise<CniFolders> {
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
export async function openCniNetwork(app: App, network: string, flags: CniFlags = {}): Promise<CniNetworkProvider> {
  const folders = await cniFolders(app, flags);
  return createCniNetworkProvider({ network, ...folders, stateDir: cniStateDir(app.dataDir) });
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
  flags: CniFlags,
): Promise<{ found: readonly NetworkDescription[]; bad: readonly { readonly file: string; readonly why: string }[] }> {
  const { found, bad } = await listNetworks((await cniFolders(app, flags)).confDirs);
  return {
    found: found.map(({ file, network: { name, versions, plugins } }) => {
      return { name, file, versions, plugins: plugins.map(({ type }) => type) };
    }),
    bad: bad.map(({ file, error }) => ({ file, why: error instanceof Error ? error.message : String(error) })),
  };
}
