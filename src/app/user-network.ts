import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { findProgram } from '../base/find-program.ts';
import type { NetworkProvider } from '../net/provider.ts';
import { createTapUserNetworkProvider } from '../net/user/tap-user-provider.ts';
import { createUserNetworkProvider } from '../net/user/user-provider.ts';
import type { MachineDriver } from '../vm/driver.ts';
import type { App } from './app.ts';
import { userNetworkStateDir } from './data-dir.ts';
import { requireProgram } from './require-program.ts';

/** The user network for machines of a driver, or why there is none for them here. Throws PROGRAM_MISSING for QEMU's. */
export async function openUserNetwork(
  app: Pick<App, 'dataDir'>,
  { capabilities }: Pick<MachineDriver, 'capabilities'>,
): Promise<{ readonly provider: NetworkProvider } | { readonly why: string }> {
  const stateDir = userNetworkStateDir(app.dataDir);
  if (capabilities.networks.includes('stream-socket')) {
    return { provider: createUserNetworkProvider({ binary: await requireProgram('passt'), stateDir }) };
  }
  const binary = await findProgram('pasta');
  if (binary === undefined) return notThere('pasta', 'passt');
  for (const name of ['ip', 'tc']) if ((await findProgram(name)) === undefined) return notThere(name, 'iproute2');
  if (!(await mayOpenTun())) return { why: 'ordinary users may not open /dev/net/tun' };
  return { provider: createTapUserNetworkProvider({ binary, stateDir }) };
}

/** @param debianPackage Debian's package of the program. */
function notThere(name: string, debianPackage: string): { readonly why: string } {
  return { why: `${name} is not installed or not on PATH (Debian: ${debianPackage})` };
}

/** Root starts pasta as an ordinary user. */
async function mayOpenTun(): Promise<boolean> {
  const device = '/dev/net/tun';
  try {
    if (process.geteuid?.() === 0) return ((await stat(device)).mode & 0o006) === 0o006;
    await access(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
