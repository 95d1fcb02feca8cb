import { createConnection, type Socket } from 'node:net';

/** An event of QMP (QEMU, docs/interop/qmp-spec.rst). */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** QEMU's messages are small; a longer line means that something else speaks. */
const maxLineBytes = 1 << 20;

/** A connection to QEMU's control socket. It only talks to the VMM; nothing of the guest can answer here. */
export class QmpClient {
  readonly #socket: Socket;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #greeted: Promise<void>;
  #greet: () => void = () => {};
  #rest = '';
  #nextId = 1;

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.#greeted = new Promise((resolve, reject) => {
      this.#greet = resolve;
      socket.once('close', () => reject(new Error('QEMU closed its control socket')));
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#feed(chunk.toString()));
    socket.once('close', () => {
      for (const pending of this.#pending.values()) pending.reject(new Error('QEMU closed its control socket'));
      this.#pending.clear();
    });
  }

  /** Connects and enters command mode. Rejects with the system's error while nobody listens; an abort disconnects. */
  static async connect(path: string, onEvent: (event: QmpEvent) => void, signal: AbortSignal): Promise<QmpClient> {
    const socket = createConnection(path);
    const onAbort = () => socket.destroy(new Error(`the connection to ${path} was given up`));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', () => resolve());
        socket.once('error', reject);
      });
      const client = new QmpClient(socket, onEvent);
      await client.#greeted;
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = this.#nextId++;
    return await new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error(`QEMU is gone, ${command} can not be sent`));
        return;
      }
      this.#pending.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #feed(text: string): void {
    this.#rest += text;
    for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n')) {
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (line.trim() !== '') this.#handle(JSON.parse(line) as Record<string, unknown>);
    }
    if (this.#rest.length > maxLineBytes) this.#socket.destroy();
  }

  #handle(message: Readonly<Record<string, unknown>>): void {
    if ('QMP' in message) {
      this.#greet();
    } else if (typeof message.event === 'string') {
      this.#onEvent({ event: message.event, data: (message.data ?? {}) as QmpEvent['data'] });
    } else if (typeof message.id === 'number') {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if ('error' in message) {
        const { desc } = message.error as { desc?: string };
        pending?.reject(new Error(`QEMU refused: ${desc ?? JSON.stringify(message.error)}`));
      } else pending?.resolve(message.return);
    }
  }
}
