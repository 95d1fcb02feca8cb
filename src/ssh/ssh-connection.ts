import type { Duplex, Readable } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { abortError, throwIfAborted } from '../base/abort.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { ForwardedSockets } from './forwarded-sockets.ts';
import { SwitchedAgent } from './switched-agent.ts';

export interface SshOptions {
  /** An open stream to the server; it belongs to the connection from now on. */
  readonly stream: Duplex;
  readonly username: string;
  /** Tried in this order. */
  readonly keys: readonly SshKey[];
  /** The server's public key on the wire; any other server is refused. Absent: any server will do. */
  readonly hostKey?: Buffer | undefined;
  /** Milliseconds for key exchange and login. */
  readonly handshakeMs: number;
  /** Milliseconds without an answer to a question every {@link keepaliveMs} after which the server counts as dead. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export type SshKey =
  /** OpenSSH's private key file, or a PEM. */
  | { readonly type: 'file'; readonly privateKey: string }
  /** All keys of an agent. */
  | { readonly type: 'agent'; readonly socketPath: string };

export interface SshExecOptions {
  readonly terminal?: { readonly columns: number; readonly rows: number; readonly term: string } | undefined;
  /** Asks the server to offer the agent of {@link SshConnection.useAgent} to the command. */
  readonly agentForward?: boolean;
}

export interface SshExit {
  readonly exitCode: number | undefined;
  /** Without SIG. */
  readonly signal: string | undefined;
}

export interface SshChannel {
  /** Standard input and output. */
  readonly stream: Duplex;
  readonly stderr: Readable;
  /** When the channel is closed. Never rejects: both values are undefined if the connection broke. */
  readonly exit: Promise<SshExit>;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** Closes the channel at once; what the command started may run on. */
  close(): void;
}

const keepaliveMs = 10_000;
/** What costs an emulated processor least; our own server has them. */
const cheapAlgorithms: ssh2.Algorithms = {
  kex: ['curve25519-sha256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['chacha20-poly1305@openssh.com'],
  compress: ['none'],
};
/** Output that was written before the exit may still be under way from a slow guest. */
const silenceAfterExitMs = 3000;

/** A connection to an SSH server over any byte stream: one login, many commands at once. */
export class SshConnection implements AsyncDisposable {
  /** Resolves when the connection has ended, with the reason if it was not asked for. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  readonly #client: ssh2.Client;
  readonly #agent: SwitchedAgent;
  readonly #sockets: ForwardedSockets;
  #error: Error | undefined;
  #isOpen = true;

  private constructor(client: ssh2.Client, agent: SwitchedAgent) {
    this.#client = client;
    this.#agent = agent;
    this.#sockets = new ForwardedSockets(client);
    client.on('error', (error) => {
      this.#error ??= error;
    });
    this.closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#isOpen = false;
        resolve(this.#error);
      });
    });
  }

  /** Logs in. Throws SSH_REFUSED if the server takes none of the keys, SSH_FAILED, ABORTED. */
  static async open(options: SshOptions): Promise<SshConnection> {
    const { stream, username, keys, hostKey, signal } = options;
    throwIfAborted(signal, 'logging in by SSH');
    const client = new ssh2.Client();
    const agent = new SwitchedAgent();
    const connection = new SshConnection(client, agent);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      if (signal !== undefined) reject(abortError(signal, 'logging in by SSH'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    client.once('ready', resolve);
    client.once('error', (error) => reject(failed(error)));
    client.once('close', () => reject(failed(new Error('the server closed the connection'))));
    try {
      client.connect({
        sock: stream,
        username,
        authHandler: keys.map((key) => authMethod(username, key)),
        agent,
        hostVerifier: (key: Buffer) => hostKey === undefined || key.equals(hostKey),
        readyTimeout: options.handshakeMs,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: Math.max(1, Math.round((options.silenceMs ?? 120_000) / keepaliveMs)),
        ...(hostKey === undefined ? {} : { algorithms: cheapAlgorithms }),
      });
      await promise;
      return connection;
    } catch (error) {
      stream.destroy();
      client.destroy();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Starts a command. Throws SSH_FAILED. */
  async exec(command: string, options: SshExecOptions = {}): Promise<SshChannel> {
    const { terminal } = options;
    const pty = terminal && { cols: terminal.columns, rows: terminal.rows, term: terminal.term };
    // The types of ssh2 do not know that agents can be forwarded to single commands.
    const asked: ssh2.ExecOptions & { agentForward: boolean } = {
      agentForward: options.agentForward === true,
      ...(pty && { pty }),
    };
    return await this.#ask(
      (done) => this.#client.exec(command, asked, done),
      // At once: the exit of a short command comes in the same packet as the answer.
      sshChannel,
    );
  }

  /** Connects from the server to a TCP port. Throws SSH_FAILED if the server can't. */
  async connect(target: { readonly host: string; readonly port: number }): Promise<Duplex> {
    return await this.#ask(
      (done) => this.#client.forwardOut('127.0.0.1', 0, target.host, target.port, done),
      (channel) => channel,
    );
  }

  /** The agent that commands with `agentForward` reach from now on. */
  useAgent(socketPath: string): void {
    this.#agent.socketPath = socketPath;
  }

  /** Has the server listen on the Unix socket `path`, which leads to `target` on this host until disposed. Throws SSH_FAILED. */
  async forwardSocket(path: string, target: string): Promise<AsyncDisposable> {
    const closed = this.closed.then((error) => Promise.reject(error ?? new Error('the connection is closed')));
    try {
      await Promise.race([closed, this.#sockets.add(path, target)]);
    } catch (error) {
      throw failed(error instanceof Error ? error : new Error(String(error)));
    }
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#isOpen) await Promise.race([this.#sockets.remove(path), this.closed]);
      },
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Ends the connection; safe twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#client.end();
    this.#client.destroy();
    await this.closed;
  }

  async #ask<T>(
    question: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    wrap: (channel: ClientChannel) => T,
  ): Promise<T> {
    if (!this.#isOpen) throw failed(this.#error ?? new Error('the connection is closed'));
    return await new Promise<T>((resolve, reject) => {
      // A question whose connection breaks is never answered by ssh2.
      void this.closed.then((error) => reject(failed(error ?? new Error('the connection was closed'))));
      try {
        question((error, channel) => (error === undefined ? resolve(wrap(channel)) : reject(failed(error))));
      } catch (error) {
        reject(failed(error instanceof Error ? error : new Error(String(error))));
      }
    });
  }
}

function authMethod(username: string, key: SshKey): ssh2.PublicKeyAuthMethod | ssh2.AgentAuthMethod {
  if (key.type === 'file') return { type: 'publickey', username, key: key.privateKey };
  return { type: 'agent', username, agent: key.socketPath };
}

function sshChannel(channel: ClientChannel): SshChannel {
  let exitCode: number | undefined;
  let signal: string | undefined;
  channel.on('exit', (code: number | null, name?: string) => {
    exitCode = code ?? undefined;
    signal = name?.replace(/^SIG/, '');
  });
  const exit = new Promise<SshExit>((resolve) => {
    channel.once('close', () => resolve({ exitCode, signal }));
  });
  channel.once('exit', () => closeWhenSilent(channel));
  return {
    stream: channel,
    stderr: channel.stderr,
    exit,
    resize: ({ columns, rows }) => channel.setWindow(rows, columns, 0, 0),
    close: () => channel.close(),
  };
}

/**
 * A server closes a channel when nothing holds its pipes any more. What a command has left behind must not keep its end
 * from being told: once it has ended and nothing more comes, the channel is closed from here.
 */
function closeWhenSilent(channel: ClientChannel): void {
  const streams = [channel, channel.stderr];
  const timer = setTimeout(() => {
    // Nothing comes either while nobody takes what is there.
    if (streams.some((stream) => stream.readableLength > 0)) timer.refresh();
    else channel.close();
  }, silenceAfterExitMs);
  for (const stream of streams) {
    // A listener would set the stream flowing.
    const push = stream.push.bind(stream);
    stream.push = (...chunk) => {
      timer.refresh();
      return push(...chunk);
    };
  }
  channel.once('close', () => clearTimeout(timer));
}

function failed(error: Error): FirekilnError {
  if (error instanceof FirekilnError) return error;
  if ('level' in error && error.level === 'client-authentication') {
    return new FirekilnError('SSH_REFUSED', 'SSH: the server takes none of the keys', { cause: error });
  }
  return new FirekilnError('SSH_FAILED', `SSH: ${error.message}`, { cause: error });
}
