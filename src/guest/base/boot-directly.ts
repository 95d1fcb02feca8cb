import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import { quoteWord } from '../../base/quote-command.ts';
import { addressOf, networkFacts } from '../../net/network-facts.ts';
import type { NetworkAttachment } from '../../net/provider.ts';
import type { Machine } from '../../vm/driver.ts';
import type { GuestExit } from '../guest.ts';
import { authorizeOnDisk } from './authorize-on-disk.ts';
import { BaseSession } from './base-session.ts';
import type { BaseExecOptions, BaseVm, BootBaseOptions, ShutDownOptions } from './base-vm.ts';
import { ipArgument } from './ip-argument.ts';
import { undoNetworkScript } from './network-script.ts';
import { endsWithin, rebootCommand } from './reboot.ts';
import { rootCommand, tellNetwork } from './tell-network.ts';
import { untilItAnswers } from './until-it-answers.ts';

const connectMs = 5000;

/** Boots a kernel that finds its root by itself, and reaches the base over the network. */
export async function bootDirectly(
  options: BootBaseOptions,
  kernel: string,
  network: NetworkAttachment,
): Promise<BaseVm> {
  const { driver, id, login, partition, cpuTemplate, signal } = options;
  const emitter = options.emitter.with({ vmId: options.id, ...networkFacts(options.network) });
  await using cleanup = new AsyncDisposableStack();
  const undo = await authorizeOnDisk({ path: options.disk, start: partition?.start ?? 0 }, login, signal);
  emitter.emit({ event: 'vm.starting', vmId: id, driver: driver.name, purpose: 'build' });
  const started = performance.now();
  const root = partition === undefined ? [`root=/dev/${driver.capabilities.drivePrefix}a`] : [];
  const machine = await driver.create({
    id,
    kernel: { vmlinux: kernel },
    initrds: [],
    kernelArgs: [...root, 'rw', ipArgument(network), ...options.kernelArgs],
    ...(partition === undefined ? {} : { rootDrive: { partuuid: partition.partuuid } }),
    ...(cpuTemplate === undefined ? {} : { cpuTemplate }),
    vcpus: options.vcpus,
    memoryMiB: options.memoryMiB,
    drives: [{ id: 'root', path: options.disk, readOnly: false, durable: false }],
    network,
    runDir: options.runDir,
    emitter,
  });
  cleanup.defer(async () => {
    await machine.destroy();
    emitter.emit({ event: 'vm.stopped', vmId: id, reason: (await machine.ended).reason });
  });
  await machine.start(signal);
  const host = addressOf(network) ?? '';
  const connect = async () => await dial(host, login.port);
  const stream = await untilItAnswers({ ...options, machine, connect, diagnose: async () => [] });
  const session = cleanup.use(await BaseSession.open(stream, login, machine, signal));
  await tellNetwork(session, network, { user: login.user, emitter, signal });
  emitter.emit({ event: 'vm.started', vmId: id, durationMs: performance.now() - started });
  const owned = cleanup.move();
  return new DirectBase({
    machine,
    session,
    emitter,
    user: login.user,
    undo,
    dispose: async () => await owned.disposeAsync(),
  });
}

async function dial(host: string, port: number): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, timeout: connectMs });
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}

/** A base of which nothing is known but its SSH server. */
class DirectBase implements BaseVm {
  readonly machine: Machine;
  readonly emitter: Emitter;
  readonly #session: BaseSession;
  readonly #user: string;
  readonly #undo: string;
  readonly #dispose: () => Promise<void>;

  constructor(parts: {
    readonly machine: Machine;
    readonly session: BaseSession;
    readonly emitter: Emitter;
    readonly user: string;
    readonly undo: string;
    readonly dispose: () => Promise<void>;
  }) {
    this.machine = parts.machine;
    this.emitter = parts.emitter;
    this.#session = parts.session;
    this.#user = parts.user;
    this.#undo = parts.undo;
    this.#dispose = parts.dispose;
  }

  async exec(command: string, options?: BaseExecOptions): Promise<GuestExit> {
    return await this.#session.exec(command, options);
  }

  async ping(target: string): Promise<boolean> {
    // As root: an ordinary user's ping depends on file capabilities or a sysctl, and so on the kernel.
    const command = `command -v ping >/dev/null || exit 3; [ "$(id -u)" = 0 ] || set -- sudo -n; "$@" timeout 8 ping -c 1 -W 2 ${quoteWord(target)} >/dev/null 2>&1`;
    const { exitCode } = await this.#session.exec(command);
    if (exitCode !== 3) return exitCode === 0;
    throw new FirekilnError('BASE_UNUSABLE', 'the base has no ping, with which it is found out what it reaches', {
      hint: 'Install iputils-ping in it, or skip the test with --egress-no-wait.',
    });
  }

  async shutDown(options: ShutDownOptions): Promise<'by itself' | 'stopped'> {
    const { machine } = this;
    await this.#session.exec(rootCommand(undoNetworkScript, this.#user), options);
    if (this.#undo !== '') await this.#session.exec(this.#undo, options);
    this.emitter.emit({ event: 'vm.stopping', vmId: machine.id });
    await this.#session.fire(`sync; sudo -n sh -c ${quoteWord(rebootCommand)} || sh -c ${quoteWord(rebootCommand)}`);
    if (await endsWithin(machine, options)) return 'by itself';
    await this.#session.exec('sync').catch(() => {});
    await machine.stop({ graceMs: 5000 });
    return 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }
}
