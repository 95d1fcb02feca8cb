import { join } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { findProgram } from '../base/process.ts';
import type { Appliance } from '../guest/guest.ts';
import type { NetworkProvider } from '../net/provider.ts';
import { createUserNetworkProvider } from '../net/user/user-provider.ts';
import type { MachineDriver } from '../vm/driver.ts';
import { createFirecrackerDriver } from '../vm/firecracker/firecracker-driver.ts';
import { whyNoKvm } from '../vm/probe-kvm.ts';
import { type FoundAcceleration, findAcceleration } from '../vm/qemu/find-acceleration.ts';
import { createQemuDriver } from '../vm/qemu/qemu-driver.ts';
import type { App } from './app.ts';
import { type CniFlags, openCniNetwork } from './network-cni.ts';

export interface MachinesOptions {
  /** `--driver`; the configuration's, else `auto`, by default. */
  readonly driver?: 'auto' | 'qemu' | 'firecracker' | undefined;
  /** `--require-kvm`; the configuration's, else false, by default. */
  readonly requireKvm?: boolean | undefined;
  /** A network of CNI instead of the user network: its name, and where CNI keeps its things. Needs root. */
  readonly cni?: { readonly network: string; readonly flags?: CniFlags } | undefined;
  /** What will be booted: with its kernel is found out whether KVM works. */
  readonly appliance: Pick<Appliance, 'kernel' | 'digest'>;
}

/** How VMs are made in this run of Firekiln. */
export interface Machines {
  readonly driver: MachineDriver;
  /** Undefined where no provider suits the driver: VMs then have no network. */
  readonly network: NetworkProvider | undefined;
}

/**
 * Chooses the machine driver and the network provider, finding out by trying what works on this host. Says once if
 * guests are emulated. Throws KVM_REQUIRED, PROGRAM_MISSING.
 */
export async function openMachines(app: App, options: MachinesOptions): Promise<Machines> {
  const { vm = {} } = await app.config();
  const driver = options.driver ?? vm.driver ?? 'auto';
  const requireKvm = options.requireKvm ?? vm.require_kvm ?? false;
  const { appliance, cni } = options;
  return await app.part(`machines ${driver} ${requireKvm} ${JSON.stringify(cni)}`, async () => {
    const network = cni === undefined ? undefined : await openCniNetwork(app, cni.network, cni.flags);
    if (driver === 'firecracker') return { driver: await openFirecracker(app, appliance, network), network };
    return { driver: await openQemu(app, appliance, requireKvm), network: network ?? (await openUserNetwork(app)) };
  });
}

/** How QEMU's guests run on this host; `fresh` finds out again what is known since the host booted. */
export async function qemuAcceleration(
  app: Pick<App, 'dataDir' | 'signal'>,
  appliance: MachinesOptions['appliance'],
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<FoundAcceleration> {
  return await findAcceleration({
    binary: await requireProgram('qemu-system-x86_64'),
    kernel: appliance.kernel,
    kernelDigest: appliance.digest,
    folder: join(app.dataDir, 'host'),
    fresh,
    signal: app.signal,
  });
}

async function openQemu(
  app: App,
  appliance: MachinesOptions['appliance'],
  requireKvm: boolean,
): Promise<MachineDriver> {
  const { acceleration, whyEmulated } = await qemuAcceleration(app, appliance);
  if (whyEmulated !== undefined) {
    if (requireKvm) {
      throw new FirekilnError('KVM_REQUIRED', `hardware virtualisation does not work on this host: ${whyEmulated}`, {
        hint: 'Without --require-kvm guests are emulated, which is slower and no security boundary.',
      });
    }
    app.emitter.message(
      'warn',
      `guests are emulated, which is slow and no security boundary (KVM does not work: ${whyEmulated})`,
    );
  }
  return createQemuDriver({ binary: await requireProgram('qemu-system-x86_64'), acceleration });
}

async function openUserNetwork(app: App): Promise<NetworkProvider> {
  return createUserNetworkProvider({
    binary: await requireProgram('passt'),
    stateDir: join(app.dataDir, 'network', 'user'),
  });
}

/** There is no emulation in Firecracker, so it is only taken if it is asked for. */
async function openFirecracker(
  app: App,
  { kernel, digest }: MachinesOptions['appliance'],
  network: NetworkProvider | undefined,
): Promise<MachineDriver> {
  const binary = await requireProgram('firecracker');
  const driver = createFirecrackerDriver({ binary });
  const folder = join(app.dataDir, 'host');
  const why = await whyNoKvm({ driver, binary, kernel, kernelDigest: digest, folder, signal: app.signal });
  if (why !== undefined) {
    throw new FirekilnError(
      'KVM_REQUIRED',
      `Firecracker needs hardware virtualisation, which does not work here: ${why}`,
      {
        hint: 'The driver qemu emulates guests where it has to: --driver qemu.',
      },
    );
  }
  if (network === undefined) {
    app.emitter.message('warn', 'guests in Firecracker have no network: the user network is for QEMU only');
  }
  return driver;
}

async function requireProgram(name: string): Promise<string> {
  const path = await findProgram(name);
  if (path !== undefined) return path;
  throw new FirekilnError('PROGRAM_MISSING', `${name} is not installed or not on PATH`, {
    hint: '`firekiln setup` says how to install what Firekiln needs.',
  });
}
