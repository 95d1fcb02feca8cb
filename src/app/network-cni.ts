import { resolve } from 'node:path';
import { type CniNetworkProvider, createCniNetworkProvider } from '../net/cni/cni-provider.ts';
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
export async function cniFolders(app: Pick<App, 'config'>, flags: CniFlags = {}): Promise<CniFolders> {
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
