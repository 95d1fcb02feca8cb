import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { delay, throwIfAborted } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Who boots a guest has a deadline of its own, which may be longer than minutes on a slow host. */
const dialDeadlineMs = 600_000;
/** How long the guest may take to close the port after a stream, and to echo a line that may be lost; doubled each time. */
const firstPatienceMs = 1000;
const longestPatienceMs = 16_000;
const lookEveryMs = 15;
/** Left-overs of an earlier connection that may come before the echoed line. */
const maxStaleBytes = 4 << 20;

/**
 * The host's end of the virtio-serial control port (see `controlPortName` in driver.ts): one stream at a time.
 *
 * A line is lost if the guest is still busy with the stream before, and sees the new one as its end or its data. Once
 * the guest has closed the port none can be, and the guest may take its time. Where that was not seen, a line without
 * an echo is sent anew: over a new connection, which makes QEMU forget what the guest has not read, and another line,
 * which can't be taken for the one before.
 */
export class ControlPort {
  readonly #path: string;
  readonly #of: string;
  readonly #isOpen: () => Promise<boolean>;
  /** Nothing of an earlier stream is left in the guest. */
  #fresh = true;
  #ended = false;
  #watchers = new Set<() => void>();
  #current: Socket | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `isOpen` asks QEMU whether the guest has opened the port. */
  constructor(socketPath: string, machineId: string, isOpen: () => Promise<boolean>) {
    this.#path = socketPath;
    this.#of = machineId;
    this.#isOpen = isOpen;
  }

  /** The stream that is open now. */
  get current(): Duplex | undefined {
    return this.#current;
  }

  /** The machine has ended: streams are closed, waiting dials rejected. */
  end(): void {
    this.#ended = true;
    this.#current?.destroy();
    this.#wake();
  }

  async dial(signal: AbortSignal | undefined): Promise<Duplex> {
    const doing = `dialling the machine ${this.#of}`;
    throwIfAborted(signal, doing);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(new FirekilnError('TIMEOUT', `${doing}: the guest did not answer within ${dialDeadlineMs / 1000} s`));
    }, dialDeadlineMs);
    const both = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
    const before = this.#turn;
    const turn = (async () => {
      await before.catch(() => {});
      return await this.#dialNext(both, doing);
    })();
    this.#turn = turn;
    try {
      return await turn;
    } finally {
      clearTimeout(timer);
    }
  }

  async #dialNext(signal: AbortSignal, doing: string): Promise<Duplex> {
    for (let patience = firstPatienceMs; ; patience = Math.min(patience * 2, longestPatienceMs)) {
      await this.#until(() => this.#current === undefined, signal, doing);
      const isFresh = this.#fresh || (await this.#closesWithin(patience, signal));
      this.#fresh = false;
      const limit = isFresh ? signal : AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      const socket = await this.#connect(limit);
      if (socket !== undefined) return socket;
    }
  }

  async #closesWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!this.#ended && !signal.aborted && performance.now() < deadline) {
      if (!(await this.#isOpen().catch(() => true))) return true;
      await delay(lookEveryMs, signal).catch(() => {});
    }
    return false;
  }

  /** A stream whose guest answered; undefined if it did not before the signal. */
  async #connect(signal: AbortSignal): Promise<Socket | undefined> {
    const socket = createConnection(this.#path);
    this.#current = socket;
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#current === socket) this.#current = undefined;
      this.#wake();
    });
    const word = Buffer.from(`firekiln-dial ${randomBytes(16).toString('hex')}\n`);
    const onAbort = () => socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      socket.write(word);
      if (await echoed(socket, word)) return socket;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    socket.destroy();
    return undefined;
  }

  async #until(condition: () => boolean, signal: AbortSignal, doing: string): Promise<void> {
    for (;;) {
      this.#requireAlive();
      throwIfAborted(signal, doing);
      if (condition()) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#watchers.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#watchers.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  #requireAlive(): void {
    if (this.#ended) throw new FirekilnError('VM_ENDED', `the machine ${this.#of} is not running, it has ended`);
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Reads up to and including the word; false if the stream ends before. What follows stays in the stream. */
async function echoed(socket: Socket, word: Buffer): Promise<boolean> {
  return await new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    let stale = 0;
    const finish = (result: boolean) => {
      socket.off('readable', onReadable);
      socket.off('close', onClose);
      socket.off('end', onClose);
      resolve(result);
    };
    const onClose = () => finish(false);
    const onReadable = () => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        seen = Buffer.concat([seen, chunk]);
        const at = seen.indexOf(word);
        if (at >= 0) {
          const rest = seen.subarray(at + word.length);
          if (rest.length > 0) socket.unshift(rest);
          finish(true);
          return;
        }
        stale += Math.max(seen.length - word.length, 0);
        seen = seen.subarray(Math.max(seen.length - word.length, 0));
        if (stale > maxStaleBytes) {
          finish(false);
          return;
        }
      }
    };
    socket.on('readable', onReadable);
    socket.once('close', onClose);
    socket.once('end', onClose);
  });
}
