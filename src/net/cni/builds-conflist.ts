import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import { readBounded } from './read-bounded.ts';

/** The network of the original documentation: a bridge of its own, addresses from one subnet, the outside by NAT. */
export const buildsNetwork = {
  name: 'machine-builds',
  cniVersion: '0.4.0',
  plugins: [
    {
      type: 'bridge',
      name: 'builds-bridge',
      bridge: 'builds0',
      isDefaultGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        subnet: '192.168.128.0/24',
        resolvConf: '/etc/resolv.conf',
      },
    },
    { type: 'firewall' },
    { type: 'tc-redirect-tap' },
  ],
} as const;

/** The plugins that {@link buildsNetwork} needs. */
export const buildsPlugins: readonly string[] = [
  ...buildsNetwork.plugins.map(({ type }) => type),
  buildsNetwork.plugins[0].ipam.type,
];

/**
 * Writes `machine-builds.conflist` into a folder with network configurations, made if it is missing. False if it was
 * there, saying the same; CNI_CONFIG_INVALID if it says something else, which is left as it is.
 */
export async function writeBuildsConflist(folder: string): Promise<{ readonly path: string; readonly isNew: boolean }> {
  const path = join(folder, `${buildsNetwork.name}.conflist`);
  const there = await readIfThere(path);
  if (there === undefined) {
    await writeFileAtomic(path, `${JSON.stringify(buildsNetwork, null, 4)}\n`);
    return { path, isNew: true };
  }
  if (isSame(there)) return { path, isNew: false };
  throw new FirekilnError(
    'CNI_CONFIG_INVALID',
    `${path} is there already and says something else; it is left as it is`,
    {
      hint: 'If it is not yours, remove it and run this again; else use the network as it is.',
    },
  );
}

function isSame(text: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(buildsNetwork)));
  } catch {
    return false;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readBounded(path, cniLimits.bytes);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
