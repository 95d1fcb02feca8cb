import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { withBootRetries } from '../../guest/boot-retries.ts';
import type { Guest } from '../../guest/guest.ts';
import { detachNetwork } from '../../net/detach-network.ts';
import { networkFacts } from '../../net/network-facts.ts';
import type { NetworkAttachment } from '../../net/provider.ts';
import type { MachineEnd } from '../../vm/driver.ts';
import type { RuntimeEnvironment } from '../environment.ts';
import { consoleLimits, LogWriter, outputLimits } from '../log/log-writer.ts';
import type { ProcessConfig } from '../options/process-config.ts';
import type { VmFolder } from '../record/vm-folder.ts';
import type { VmRecord } from '../record/vm-record.ts';
import type { VmState } from '../record/vm-state.ts';
import type { Entrypoint } from './entrypoint.ts';
import { listenOnPorts } from './forward-ports.ts';
import { GuestProgram } from './guest-program.ts';
import { type AccountFiles, drivesOf, handOverToImage, setUpGuest } from './guest-setup.ts';
import { ImageInit } from './image-init.ts';
import { makeDisks, removeDisks } from './make-disks.ts';
import { OutputHub } from './output-hub.ts';
import { probeIn } from './probe-in.ts';
import { type ResolvedUser, resolveUser } from './resolve-user.ts';
import type { StateKeeper } from './state-keeper.ts';
import { watchHealth } from './watch-health.ts';

/** How a VM ended, for `wait` and for the record. */
export interface VmEnd {
  readonly exitCode: number;
  readonly reason?: string;
  readonly oomKilled?: boolean;
}

/** A VM that is up: its entrypoint runs. */
export interface RunningVm {
  readonly guest: Guest;
  readonly entrypoint: Entrypoint;
  readonly user: ResolvedUser;
}

export interface VmLifeOptions {
  readonly env: RuntimeEnvironment;
  readonly folder: VmFolder;
  readonly record: VmRecord;
  readonly process: ProcessConfig;
  /** Empty input for the entrypoint. */
  readonly closeInput: boolean;
  readonly terminal: { readonly columns: number; readonly rows: number; readonly term: string } | undefined;
  readonly state: StateKeeper;
  readonly output: { readonly log: LogWriter; readonly hub: OutputHub };
  readonly onRunning: (vm: RunningVm) => void;
  /** Ends the VM, at whatever point it is. */
  readonly signal: AbortSignal;
}

/** The log of an entrypoint's output, and its distribution. */
export function openOutput(folder: VmFolder): VmLifeOptions['output'] {
  const log = new LogWriter(folder.log, outputLimits);
  return { log, hub: new OutputHub(log) };
}

/**
 * Boots a VM, runs its entrypoint, and takes everything down again; resolves with how it ended. Rejects if the
 * entrypoint was never started. On all paths nothing is left but the VM's folder.
 */
export async function liveVm(options: VmLifeOptions): Promise<VmEnd> {
  const { env, folder, record, state, signal, output } = options;
  const { id } = record;
  await using stack = new AsyncDisposableStack();
  const ports = stack.use(await listenOnPorts(record.ports));
  const { driver, network } = await env.machines({
    driver: record.driver === 'fake' ? 'auto' : record.driver,
    requireKvm: record.requireKvm,
    firecracker: record.firecracker,
    network: record.network,
  });
  const appliance = await env.appliance();
  stack.defer(async () => await removeDisks(folder));
  await makeDisks(record, folder, signal);
  if (network !== undefined) stack.defer(async () => await detachNetwork(network, id, env.emitter));
  await state.set({ status: 'starting', ports: ports.ports });
  const boot = async (bootTimeoutMs: number | undefined): Promise<Guest> => {
    // What a try before this one left: an id has one attachment.
    await network?.detach(id);
    const attachment = await network?.attach({
      vmId: id,
      runDir: record.runDir,
      hostname: record.hostname,
      publish: ports.ports,
      tapOwner: driver.tapOwner?.(id),
      emitter: env.emitter,
      signal,
    });
    if (attachment !== undefined) await state.set({ network: networkOf(attachment) });
    return await env.bootGuest({
      driver,
      appliance,
      id,
      purpose: 'run',
      vcpus: record.vcpus,
      memoryMiB: record.memoryMiB,
      drives: drivesOf(record, folder, appliance),
      network: attachment,
      hostname: record.hostname,
      runDir: record.runDir,
      ...(bootTimeoutMs === undefined ? {} : { bootTimeoutMs }),
      emitter: env.emitter.with(networkFacts(attachment)),
      signal,
    });
  };
  const guest = stack.use(await withBootRetries({ driver, emitter: env.emitter, signal }, boot));
  using bootLog = new LogWriter(folder.bootLog, consoleLimits);
  bootLog.append('console', Buffer.from(guest.machine.consoleTail()));
  stack.defer(guest.machine.onConsole((chunk) => bootLog.append('console', chunk)));
  const { drivePrefix } = driver.capabilities;
  const accounts = await setUpGuest({ guest, record, appliance, drivePrefix, signal });
  const vm =
    record.init === 'image' ? await startImageInit(guest, options) : await startProgram(guest, accounts, options);
  const { entrypoint, user } = vm;
  output.hub.control(entrypoint);
  if (options.closeInput) entrypoint.endInput();
  ports.connectTo(async (port) => await guest.connect({ host: '127.0.0.1', port }));
  const { pid } = guest.machine;
  await state.set({ status: 'running', startedAt: Date.now(), ...(pid === undefined ? {} : { vmmPid: pid }) });
  options.onRunning(vm);
  const over = new AbortController();
  const { health } = record;
  const watching =
    health &&
    watchHealth({
      ...health,
      probe: probeIn({ guest, user, env: options.process.env, workdir: record.workdir }),
      onChange: async (change) => await state.set({ health: change }),
      signal: over.signal,
    });
  const end = await waitForEnd(record, vm, signal);
  over.abort();
  await watching;
  await state.set({ status: 'stopping' });
  output.log.close();
  // What the VM wrote is thrown away with it: nothing has to be flushed.
  await guest.machine.stop();
  return end;
}

function networkOf(attachment: NetworkAttachment): NonNullable<VmState['network']> {
  const { addresses, mac, vethName } = attachment;
  const netns = attachment.kind === 'tap' ? attachment.netnsPath : undefined;
  return { addresses, mac, ...(vethName && { vethName }), ...(netns && { netns }) };
}

async function startProgram(guest: Guest, accounts: AccountFiles, options: VmLifeOptions): Promise<RunningVm> {
  const { record, process, output } = options;
  const user = resolveUser(process.user, accounts.passwd, accounts.group);
  const entrypoint = await GuestProgram.start({
    guest,
    slot: 'main',
    args: process.args,
    env: [...process.env.slice(0, 1), `HOSTNAME=${record.hostname}`, ...process.env.slice(1)],
    user,
    workdir: record.workdir,
    terminal: options.terminal,
    onOutput: (stream, data) => {
      output.log.append(stream, data);
      output.hub.appended();
    },
  });
  return { guest, entrypoint, user };
}

async function startImageInit(guest: Guest, options: VmLifeOptions): Promise<RunningVm> {
  const { record, process, output, signal } = options;
  const entrypoint = new ImageInit(guest, (data) => {
    output.log.append('stdout', data);
    output.hub.appended();
  });
  const { args, env } = process;
  const accounts = await handOverToImage({ guest, imageName: record.image.name, args, env, signal });
  return { guest, entrypoint, user: resolveUser(process.user, accounts.passwd, accounts.group) };
}

async function waitForEnd({ init }: VmRecord, { guest, entrypoint }: RunningVm, signal: AbortSignal): Promise<VmEnd> {
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const first = await Promise.race([entrypoint.ended, guest.machine.ended, aborted]);
  if (first === 'aborted') return { exitCode: 137, reason: abortError(signal, 'running').message };
  if (typeof first === 'number') {
    const oomKilled = first === 137 && (await wasOutOfMemory(guest));
    return { exitCode: first, ...(oomKilled ? { oomKilled } : {}) };
  }
  // The control channel goes with the machine; the machine knows why.
  const end = await Promise.race([guest.machine.ended, sleep(5000, undefined)]);
  // It is for its init to end it.
  if (init === 'image' && (end?.reason === 'guest' || entrypoint.poweredOff)) return { exitCode: 0 };
  if (init === 'image' && end?.reason === 'stopped') return { exitCode: 137, reason: 'the VM was killed' };
  return { exitCode: 125, reason: describeEnd(end) };
}

function describeEnd(end: MachineEnd | undefined): string {
  switch (end?.reason) {
    case undefined:
      return 'the control channel to the guest broke';
    case 'panic':
      return `the guest's kernel panicked: ${end?.detail}`;
    case 'guest':
      return 'the guest powered off or restarted by itself';
    case 'vmm-failed':
      return `the VMM ended: ${end?.detail}`;
    case 'stopped':
      return 'the VM was stopped';
  }
}

async function wasOutOfMemory(guest: Guest): Promise<boolean> {
  try {
    const { stdout } = await guest.exec('exec grep oom_kill /proc/vmstat', { signal: AbortSignal.timeout(5000) });
    return /oom_kill [1-9]/.test(stdout.toString('latin1'));
  } catch {
    return false;
  }
}

/** For requests that need a VM that is up. */
export function notRunning(record: VmRecord): FirekilnError {
  return new FirekilnError('VM_NOT_RUNNING', `the VM ${record.name} is not running`);
}
