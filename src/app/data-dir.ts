import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export interface DataDirChoice {
  /** `--data-dir`. */
  readonly flag?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
}

/**
 * Where everything of Firekiln is kept: `--data-dir`, else `FIREKILN_DATA_DIR`, else /var/lib/firekiln for root and
 * `$XDG_DATA_HOME/firekiln` (`~/.local/share/firekiln`) for everybody else.
 */
export function chooseDataDir({ flag, env, isRoot }: DataDirChoice): string {
  const named = flag ?? env.FIREKILN_DATA_DIR;
  if (named !== undefined && named !== '') return resolve(named);
  if (isRoot) return '/var/lib/firekiln';
  const xdg = env.XDG_DATA_HOME;
  // The XDG base directory specification: relative values are to be ignored.
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'firekiln');
}

/** Records of the VMs that are on the user network. */
export function userNetworkStateDir(dataDir: string): string {
  return join(dataDir, 'network', 'user');
}

/** Records of the VMs that are attached to CNI networks. */
export function cniStateDir(dataDir: string): string {
  return join(dataDir, 'network', 'cni');
}
