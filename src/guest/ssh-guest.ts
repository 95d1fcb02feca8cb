import type { Duplex } from 'node:stream';
import { abortError, throwIfAborted } from '../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter } from '../base/events.ts';
import { lastLines } from '../base/last-lines.ts';
import { quoteWord } from '../base/quote-command.ts';
import type { SshChannel, SshConnection } from '../ssh/ssh-connection.ts';
import type { Machine } from '../vm/driver.ts';
import { CommandSlots } from './command-slots.ts';
import type { Guest, GuestChannel, GuestExecOptions, GuestExit, GuestOpenOptions } from './guest.ts';
import { KeptOutput } from './kept-output.ts';
import { machineEnded } from './machine-ended.ts';

/** After a broken connection, how long the machine may take to be known as ended. */
const endNoticeMs = 2000;
const defaultGraceMs = 10_000;
const killMs = 15_000;
/** For the VMM's own way to ask, where the guest did not listen on the control channel. */
const buttonMs = 3000;

/** A guest reached by SSH. */
export class SshGuest implements Guest {
  readonly machine: Machine;
  readonly #connection: SshConnection;
  readonly #emitter: Emitter;
  readonly #slots = new CommandSlots();
  #forwarded = 0;
  #disposed: Promise<void> | undefined;

  constructor(parts: { readonly machine: Machine; readonly connection: SshConnection; readonly emitter: Emitter }) {
    this.machine = parts.machine;
    this.#connection = parts.connection;
    this.#emitter = parts.emitter;
  }

  async exec(command: string, options: GuestExecOptions = {}): Promise<GuestExit> {
    const { stdin, signal } = options;
    const { channel, slot } = await this.#start(command, {}, signal);
    try {
      const stdout = new KeptOutput(channel.stream, options.onStdout);
      const stderr = new KeptOutput(channel.stderr, options.onStderr);
      if (stdin === undefined || stdin instanceof Uint8Array) channel.stream.end(stdin);
      else stdin.pipe(channel.stream);
      const exit = await this.#end(channel, slot, command, signal);
      return { ...exit, stdout: stdout.bytes(), stderr: stderr.bytes() };
    } finally {
      this.#slots.free(slot);
    }
  }

  async open(command: string, options: GuestOpenOptions): Promise<GuestChannel> {
    const { channel, slot } = await this.#start(command, { terminal: options.terminal }, options.signal);
    const exit = this.#end(channel, slot, options.shown ?? command, options.signal).finally(() =>
      this.#slots.free(slot),
    );
    exit.catch(() => {});
    return {
      stream: channel.stream,
      stderr: channel.stderr,
      exit,
      resize: (size) => channel.resize(size),
      kill: (name) => void this.#kill(slot, name),
    };
  }

  async connect(target: { readonly host: string; readonly port: number }): Promise<Duplex> {
    try {
      return await this.#connection.connect(target);
    } catch (error) {
      if (!this.#connection.isOpen) throw await this.#broken('connecting to a port');
      throw new FirekilnError(
        'GUEST_PORT_CLOSED',
        `machine ${this.machine.id}: nothing accepts connections at ${target.host}:${target.port}`,
        { cause: error },
      );
    }
  }

  async writeFile(path: string, data: Uint8Array, mode: number): Promise<void> {
    const [target, temporary] = [quoteWord(path), quoteWord(`${path}.firekiln-tmp`)];
    const command = `umask 077 && cat >${temporary} && chmod ${mode.toString(8)} ${temporary} && mv -f ${temporary} ${target}`;
    await this.#run(command, `writing ${path}`, data);
  }

  async forwardSocket(target: string): Promise<{ readonly path: string } & AsyncDisposable> {
    const path = `/run/forwarded-${this.#forwarded++}`;
    const forwarding = await this.#connection.forwardSocket(path, target);
    return { path, [Symbol.asyncDispose]: async () => await forwarding[Symbol.asyncDispose]() };
  }

  async shutdown(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { machine } = this;
    if (machine.state === 'running') {
      this.#emitter.emit({ event: 'vm.stopping', vmId: machine.id });
      const asked = this.#connection.exec('exec /firekiln/end').catch(() => {});
      const timer = Promise.withResolvers<'late'>();
      const timeout = setTimeout(() => timer.resolve('late'), options.graceMs ?? defaultGraceMs);
      await Promise.race([machine.ended, timer.promise]);
      clearTimeout(timeout);
      if (machine.state === 'running') await machine.stop({ graceMs: buttonMs });
      await asked;
    }
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    await this.#disposed;
  }

  async #dispose(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
    await this.machine.destroy();
    const { reason } = await this.machine.ended;
    this.#emitter.emit({ event: 'vm.stopped', vmId: this.machine.id, reason });
  }

  async #start(
    command: string,
    how: { readonly terminal?: GuestOpenOptions['terminal'] | undefined },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly channel: SshChannel; readonly slot: number }> {
    throwIfAborted(signal, `running a command in the machine ${this.machine.id}`);
    const slot = this.#slots.take();
    try {
      // The number of the shell is what kill finds the command by; it is used again once its command has ended. The
      // trap: busybox sh ignores SIGQUIT, and so would what it becomes; handlers are not inherited.
      const line = `trap : QUIT; echo $$ >/run/command-${slot}\n${command}`;
      return { channel: await this.#connection.exec(line, how), slot };
    } catch (error) {
      this.#slots.free(slot);
      if (!this.#connection.isOpen) throw await this.#broken('starting a command');
      throw error;
    }
  }

  /** Waits for the end of a command; an abort kills it. */
  async #end(
    channel: SshChannel,
    slot: number,
    command: string,
    signal: AbortSignal | undefined,
  ): Promise<Pick<GuestExit, 'exitCode' | 'signal'>> {
    const abort = Promise.withResolvers<'aborted'>();
    const onAbort = () => abort.resolve('aborted');
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const first = await Promise.race([channel.exit, abort.promise, this.#connection.closed.then(() => 'broken')]);
      if (first === 'aborted' && signal !== undefined) {
        await this.#kill(slot, 'KILL');
        channel.close();
        throw abortError(signal, `running a command in the machine ${this.machine.id}`);
      }
      if (typeof first === 'string' || !this.#connection.isOpen)
        throw await this.#broken(`running ${firstWords(command)}`);
      return first;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Signals a command and everything below it. */
  async #kill(slot: number, name: string): Promise<void> {
    if (!this.#connection.isOpen || !/^[A-Z0-9+-]{2,10}$/.test(name)) return;
    try {
      const killer = await this.#connection.exec(`exec /firekiln/kill-command ${slot} ${name}`);
      killer.stream.resume();
      killer.stderr.resume();
      const patience = setTimeout(() => killer.close(), killMs);
      await Promise.race([killer.exit, this.#connection.closed]);
      clearTimeout(patience);
    } catch (error) {
      if (!isFirekilnError(error)) throw error;
    }
  }

  async #run(command: string, doing: string, stdin?: Uint8Array): Promise<void> {
    const { exitCode, stderr } = await this.exec(command, stdin === undefined ? {} : { stdin });
    if (exitCode === 0) return;
    throw new FirekilnError('GUEST_COMMAND_FAILED', `machine ${this.machine.id}: ${doing} failed`, {
      details: lastLines(stderr, 10),
    });
  }

  async #broken(doing: string): Promise<FirekilnError> {
    const reason = await this.#connection.closed;
    const timer = Promise.withResolvers<undefined>();
    const timeout = setTimeout(() => timer.resolve(undefined), endNoticeMs);
    const end = await Promise.race([this.machine.ended, timer.promise]);
    clearTimeout(timeout);
    if (end !== undefined) return machineEnded(this.machine, end, doing);
    return new FirekilnError('SSH_FAILED', `the connection to the machine ${this.machine.id} broke while ${doing}`, {
      cause: reason,
    });
  }
}

function firstWords(command: string): string {
  const line = command.trim().split('\n')[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
