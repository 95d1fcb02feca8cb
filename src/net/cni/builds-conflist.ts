import { join } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';

/** The network of the original documentation: a bridge of its own, addresses from one subnet, the outside by NAT. */
const buildsNetwork = {
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
};

/** Writes `machine-builds.conflist` into a folder with network configurations, made if it is missing; its path. */
export async function writeBuildsConflist(folder: string): Promise<string> {
  const path = join(folder, `${buildsNetwork.name}.conflist`);
  await writeFileAtomic(path, `${JSON.stringify(buildsNetwork, null, 4)}\n`);
  return path;
}
