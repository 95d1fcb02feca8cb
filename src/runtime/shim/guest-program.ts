import { setTimeout as sleep } from 'node:timers/promises';
import { quoteCommand } from '../../base/quote-command.ts';
import type { Guest, GuestChannel } from '../../guest/guest.ts';
import type { Attachment, TerminalSize } from '../control/messages.ts';
import { mergeVariables } from '../options/environment-variables.ts';
import type { Entrypoint } from './entrypoint.ts';
import type { ResolvedUser } from './resolve-user.ts';

export interface ProgramOptions {
  readonly guest: Guest;
  /** Letters and digits: the name by which signals reach the program. */
  readonly slot: string;
  readonly args: readonly string[];
  /** `NAME=value`, a PATH first. */
  readonly env: readonly string[];
  readonly user: ResolvedUser;
  readonly workdir: string;
  readonly terminal: Attachment['terminal'] | undefined;
  readonly onOutput: (stream: 'stdout' | 'stderr', data: Buffer) => void;
}

/** A command line for the guest's shell goes in one SSH packet; servers need take no more than 32,768 bytes (RFC 4253, 6.1). */
const maxCommandBytes = 24 * 1024;
/** Output that is still on its way when a program has ended comes in pieces that are not further apart than this. */
const lastOutputMs = 500;

/** The shell command that starts a program in the image's namespaces. */
export function enterCommand(
  options: Pick<ProgramOptions, 'slot' | 'args' | 'env' | 'user' | 'workdir' | 'terminal'>,
): string {
  const { slot, user, workdir, args, terminal } = options;
  const groups = [user.gid, ...user.groups].join(',');
  const env = mergeVariables(
    options.env.slice(0, 1),
    [`HOME=${user.home}`, ...(terminal === undefined ? [] : ['TERM=xterm'])],
    options.env,
  );
  const ids = [slot, String(user.uid), String(user.gid), groups, workdir];
  return quoteCommand('exec', ['sh', '/firekiln/run/enter.sh', ...ids, ...env, ...args]);
}

/** A program of the image that runs in a VM, started by guest/run/enter.sh. */
export class GuestProgram implements Entrypoint {
  readonly #guest: Guest;
  readonly #slot: string;
  readonly #channel: GuestChannel;
  /** Undefined if the channel broke. */
  readonly ended: Promise<number | undefined>;
  #lastOutput = 0;
  #paused = false;

  private constructor(channel: GuestChannel, options: ProgramOptions) {
    this.#channel = channel;
    this.#guest = options.guest;
    this.#slot = options.slot;
    const listen = (stream: 'stdout' | 'stderr') => (data: Buffer) => {
      this.#lastOutput = performance.now();
      options.onOutput(stream, data);
    };
    channel.stream.on('data', listen('stdout'));
    channel.stderr.on('data', listen('stderr'));
    channel.stream.on('error', () => {});
    channel.stderr.on('error', () => {});
    this.ended = this.#watch();
  }

  static async start(options: ProgramOptions): Promise<GuestProgram> {
    const { guest, slot, terminal } = options;
    let command = enterCommand(options);
    if (Buffer.byteLength(command) > maxCommandBytes) {
      const file = `/run/firekiln/vm/${slot}.sh`;
      await guest.writeFile(file, Buffer.from(`${command}\n`), 0o600);
      command = `exec sh ${file}`;
    }
    const shown = options.args.join(' ');
    const channel = await guest.open(command, { shown, ...(terminal === undefined ? {} : { terminal }) });
    return new GuestProgram(channel, options);
  }

  write(data: Buffer): boolean {
    return this.#channel.stream.writable ? this.#channel.stream.write(data) : true;
  }

  endInput(): void {
    if (this.#channel.stream.writable) this.#channel.stream.end();
  }

  onDrain(listener: () => void): void {
    this.#channel.stream.on('drain', listener);
  }

  pause(): void {
    this.#paused = true;
    this.#channel.stream.pause();
    this.#channel.stderr.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#lastOutput = performance.now();
    this.#channel.stream.resume();
    this.#channel.stderr.resume();
  }

  resize(size: TerminalSize): void {
    this.#channel.resize(size);
  }

  async signal(number: number, signal?: AbortSignal): Promise<boolean> {
    const result = await this.#guest.exec(`exec sh /firekiln/run/signal.sh ${this.#slot} ${number}`, { signal });
    return result.exitCode === 0;
  }

  async #watch(): Promise<number | undefined> {
    const closed = Promise.all([ended(this.#channel.stream), ended(this.#channel.stderr)]);
    const { exitCode } = await this.#channel.exit;
    const exitedAt = performance.now();
    // What the program left running may hold its output open for ever.
    for (;;) {
      const isClosed = await Promise.race([closed.then(() => true), sleep(50, false)]);
      if (isClosed) break;
      if (!this.#paused && performance.now() - Math.max(exitedAt, this.#lastOutput) >= lastOutputMs) {
        this.#channel.stream.destroy();
        break;
      }
    }
    return exitCode;
  }
}

function ended(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', () => resolve());
    stream.once('close', () => resolve());
  });
}
