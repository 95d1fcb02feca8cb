import { abortError, throwIfAborted } from '../../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { SshConnection } from '../../ssh/ssh-connection.ts';
import type { Machine } from '../../vm/driver.ts';
import type { GuestExit } from '../guest.ts';
import { KeptOutput } from '../kept-output.ts';
import { machineEnded } from '../machine-ended.ts';
import type { BaseExecOptions, BaseLogin } from './base-vm.ts';

const endNoticeMs = 2000;
const handshakeMs = 60_000;

/** The login of Firekiln at the SSH server of a base. */
export class BaseSession implements AsyncDisposable {
  readonly #connection: SshConnection;
  readonly #machine: Machine;
  readonly #forwards: boolean;

  private constructor(connection: SshConnection, machine: Machine, forwards: boolean) {
    this.#connection = connection;
    this.#machine = machine;
    this.#forwards = forwards;
  }

  /** Throws SSH_REFUSED, which names the keys that were tried, SSH_FAILED, ABORTED. */
  static async open(
    stream: Parameters<typeof SshConnection.open>[0]['stream'],
    login: BaseLogin,
    machine: Machine,
    signal: AbortSignal,
  ): Promise<BaseSession> {
    const { user, keys, forwardedAgent } = login;
    try {
      const connection = await SshConnection.open({ stream, username: user, keys: keys.keys, handshakeMs, signal });
      if (forwardedAgent !== undefined) connection.useAgent(forwardedAgent);
      return new BaseSession(connection, machine, forwardedAgent !== undefined);
    } catch (error) {
      if (!isFirekilnError(error, 'SSH_REFUSED')) throw error;
      const details = ['tried:', ...keys.described.map((one) => `  ${one}`)];
      throw new FirekilnError('SSH_REFUSED', `the SSH server of the base takes none of the keys for user ${user}`, {
        details,
        hint:
          keys.authorize === undefined
            ? `Add the public key to ~${user}/.ssh/authorized_keys of the base, give another with --machine-ssh-key-file, or give none (no agent either): then a key is authorised for this build only.`
            : `A key was authorised for this build in ~${user}/.ssh. The server looks elsewhere, or does not let ${user} in (${user === 'root' ? 'PermitRootLogin' : 'AllowUsers, a locked account'}): name another user, or a key that it accepts with --machine-ssh-key-file.`,
        cause: error,
      });
    }
  }

  async exec(command: string, options: BaseExecOptions = {}): Promise<GuestExit> {
    const { stdin, signal } = options;
    const doing = 'running a command in the base';
    throwIfAborted(signal, doing);
    let channel: Awaited<ReturnType<SshConnection['exec']>>;
    try {
      channel = await this.#connection.exec(command, { agentForward: this.#forwards });
    } catch (error) {
      throw this.#connection.isOpen ? error : await this.#broken(doing);
    }
    const stdout = new KeptOutput(channel.stream, options.onStdout);
    const stderr = new KeptOutput(channel.stderr, options.onStderr);
    const input = stdin === undefined || stdin instanceof Uint8Array ? undefined : stdin;
    let inputError: Error | undefined;
    input?.on('error', (error: Error) => {
      inputError ??= error;
      channel.close();
    });
    if (input === undefined) channel.stream.end(stdin);
    else input.pipe(channel.stream);
    const abort = Promise.withResolvers<'aborted'>();
    const onAbort = () => abort.resolve('aborted');
    // Aborted while the channel was opened: nothing will say so any more.
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const first = await Promise.race([channel.exit, abort.promise, this.#connection.closed.then(() => 'broken')]);
      if (first === 'aborted' && signal !== undefined) {
        channel.close();
        throw abortError(signal, doing);
      }
      // Also where it ended what it was the input of.
      if (inputError !== undefined) throw inputError;
      if (typeof first === 'string' || !this.#connection.isOpen) throw await this.#broken(doing);
      return { ...first, stdout: stdout.bytes(), stderr: stderr.bytes() };
    } finally {
      signal?.removeEventListener('abort', onAbort);
      input?.destroy();
    }
  }

  /** Starts a command whose end nobody waits for, because it ends the machine. */
  async fire(command: string): Promise<void> {
    const channel = await this.#connection.exec(command);
    channel.stream.resume();
    channel.stderr.resume();
    channel.stream.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #broken(doing: string): Promise<FirekilnError> {
    const reason = await this.#connection.closed;
    const timer = Promise.withResolvers<undefined>();
    const timeout = setTimeout(() => timer.resolve(undefined), endNoticeMs);
    const end = await Promise.race([this.#machine.ended, timer.promise]);
    clearTimeout(timeout);
    if (end !== undefined) return machineEnded(this.#machine, end, doing);
    return new FirekilnError('SSH_FAILED', `the connection to the base broke while ${doing}`, { cause: reason });
  }
}
