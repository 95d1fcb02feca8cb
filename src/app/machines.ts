import { join } from 'node:path';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Appliance } from '../guest/guest.ts';
import { type NetworkChoice, networkName } from '../net/network-choice.ts';
import type { NetworkProvider } from '../net/provider.ts';
import type { MachineDriver } from '../vm/driver.ts';
import { createFirecrackerDriver } from '../vm/firecracker/firecracker-driver.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';
import { whyNoKvm } from '../vm/probe-kvm.ts';
import { type FoundAcceleration, findAcceleration } from '../vm/qemu/find-acceleration.ts';
import { createQemuDriver } from '../vm/qemu/qemu-driver.ts';
import type { App } from './app.ts';
import { findFirecracker, reclaimStaleJails } from './firecracker.ts';
import { bootDeadlineMs } from './guest-boot.ts';
import { openCniForVms } from './network-cni.ts';
import { requireProgram } from './require-program.ts';
import { openUserNetwork } from './user-network.ts';

export interface MachinesOptions {
  /** `--driver`; the configuration's, else `auto`, by default. */
  readonly driver?: 'auto' | 'qemu' | 'firecracker' | undefined;
  /** `--require-kvm`; the configuration's, else false, by default. */
  readonly requireKvm?: boolean | undefined;
  /** The network that the VMs will have; `default` by default. */
  readonly network?: NetworkChoice | undefined;
  /** Which Firecracker, and how it is jailed, where it is taken. */
  readonly firecracker?: FirecrackerChoice | undefined;
  /** What will be booted: with its kernel is found out whether KVM works. */
  readonly appliance: Pick<Appliance, 'kernel' | 'digest'>;
}

/** How VMs are made in this run of Firekiln. */
export interface Machines {
  readonly driver: MachineDriver;
  /** Undefined where VMs have no network. */
  readonly network: NetworkProvider | undefined;
  /** What was asked for, decided. */
  readonly choice: NetworkChoice;
}

/**
 * Chooses the machine driver and the network provider, finding out by trying what works on this host. `auto` takes
 * Firecracker where it is installed, runs guests and can have the network, QEMU otherwise. Says once if guests are
 * emulated. Throws KVM_REQUIRED, PROGRAM_MISSING, CNI_NETWORK_MISSING, NETWORK_UNFIT, PERMISSION.
 */
export async function openMachines(app: App, options: MachinesOptions): Promise<Machines> {
  const { vm = {} } = await app.config();
  const driver = options.driver ?? vm.driver ?? 'auto';
  const requireKvm = options.requireKvm ?? vm.require_kvm ?? false;
  const { appliance, firecracker = {} } = options;
  const wanted = await decideNetwork(app, options.network ?? { kind: 'default' });
  return await app.part(`machines ${driver} ${requireKvm} ${JSON.stringify([wanted, firecracker])}`, async () => {
    const cni = wanted.kind === 'cni' ? await openCniForVms(app, wanted) : undefined;
    const taken = await openDriver(app, { driver, requireKvm, appliance, wanted, firecracker });
    if (wanted.kind === 'none' || cni !== undefined) return { driver: taken, network: cni, choice: wanted };
    const user = await openUserNetwork(app, taken);
    if ('provider' in user) {
      return { driver: taken, network: user.provider, choice: { ...wanted, kind: 'user' } };
    }
    const hint = 'Name a CNI network with --network, or say --network none.';
    if (wanted.kind === 'user') {
      throw new FirekilnError('NETWORK_UNFIT', `VMs in ${taken.name} can't have the user network: ${user.why}`, {
        hint,
      });
    }
    app.emitter.message('warn', `guests in ${taken.name} have no network: ${user.why}`, hint);
    return { driver: taken, network: undefined, choice: { kind: 'none' } };
  });
}

/** What the configuration says of the default network. */
async function decideNetwork(app: App, choice: NetworkChoice): Promise<NetworkChoice> {
  if (choice.kind !== 'default') return choice;
  const { network = {} } = await app.config();
  const { places } = choice;
  if (network.default === undefined || network.default === 'user') return choice;
  if (network.default === 'none') return { kind: 'none' };
  return { kind: 'cni', name: network.default, ...(places === undefined ? {} : { places }) };
}

interface DriverWish extends Pick<MachinesOptions, 'appliance'> {
  readonly driver: 'auto' | 'qemu' | 'firecracker';
  readonly requireKvm: boolean;
  readonly wanted: NetworkChoice;
  readonly firecracker: FirecrackerChoice;
}

async function openDriver(app: App, wish: DriverWish): Promise<MachineDriver> {
  const { driver, requireKvm, appliance, wanted, firecracker } = wish;
  if (driver === 'qemu') {
    tellIdle(app, firecracker, 'as --driver or the configuration says');
    return await openQemu(app, appliance, requireKvm);
  }
  const found = await tryFirecracker(app, appliance, firecracker, driver === 'auto' ? wanted : { kind: 'none' });
  const network = `network ${networkName(wanted)}`;
  if ('driver' in found) {
    app.emitter.message('debug', `VMs run in Firecracker, ${network}`);
    return found.driver;
  }
  if (driver === 'firecracker') throw found.why;
  app.emitter.message('debug', `VMs run in QEMU, ${network}; not in Firecracker: ${found.why.message}`);
  tellIdle(app, firecracker, found.why.message);
  try {
    return await openQemu(app, appliance, requireKvm);
  } catch (error) {
    if (!isFirekilnError(error, 'PROGRAM_MISSING')) throw error;
    const message = `${error.message}, and VMs can't run in Firecracker: ${found.why.message}`;
    throw new FirekilnError('PROGRAM_MISSING', message, { hint: error.hint, cause: error });
  }
}

/** Flags about Firecracker say nothing to QEMU. */
function tellIdle(
  { emitter }: App,
  { binary, jailer, chrootBase, uid, gid, numaNode }: FirecrackerChoice,
  why: string,
) {
  const isGiven = [binary, jailer, chrootBase, uid, gid, numaNode].some((one) => one !== undefined && one !== '');
  if (!isGiven) return;
  emitter.message('warn', `VMs run in QEMU (${why}): what is said of Firecracker and its jailer has no effect`);
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

/** Firecracker, if it is here, runs guests and can have the network; else why not. */
async function tryFirecracker(
  app: App,
  { kernel, digest }: MachinesOptions['appliance'],
  choice: FirecrackerChoice,
  wanted: NetworkChoice,
): Promise<{ readonly driver: MachineDriver } | { readonly why: FirekilnError }> {
  let found: Awaited<ReturnType<typeof findFirecracker>>;
  try {
    found = await findFirecracker(app, choice);
  } catch (error) {
    // A program that was named must do; one that happens to be here and does not fit is as good as none.
    if (choice.binary || choice.jailer || !isFirekilnError(error)) throw error;
    return { why: error };
  }
  if (found === undefined) {
    return {
      why: new FirekilnError('PROGRAM_MISSING', 'firecracker is not installed or not on PATH', {
        hint: '`firekiln setup firecracker` installs it.',
      }),
    };
  }
  const { binary, jail, notice } = found;
  const driver = createFirecrackerDriver({ binary, jail });
  if (wanted.kind === 'default' || wanted.kind === 'user') {
    const user = await openUserNetwork(app, driver);
    if ('why' in user) {
      return { why: new FirekilnError('NETWORK_UNFIT', `it can not have the user network: ${user.why}`) };
    }
  }
  const folder = join(app.dataDir, 'host');
  const deadlineMs = await bootDeadlineMs(app);
  const why = await whyNoKvm({
    // What is booted is Firekiln's own kernel, which needs no jail.
    driver: createFirecrackerDriver({ binary }),
    binary,
    kernel,
    kernelDigest: digest,
    folder,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    signal: app.signal,
  });
  if (why === undefined) {
    if (notice !== undefined) app.emitter.message('warn', notice.text, notice.hint);
    await reclaimStaleJails(app);
    return { driver };
  }
  const message = `Firecracker needs hardware virtualisation, which does not work here: ${why}`;
  return {
    why: new FirekilnError('KVM_REQUIRED', message, {
      hint: 'The driver qemu emulates guests where it has to: --driver qemu.',
    }),
  };
}
