import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { abortError } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { errorOf } from './failure.ts';
import { encodeFrame, encodeMessage, FrameReader } from './frames.ts';
import type { Answer, Notice, Request } from './messages.ts';

export const controlSocketName = 'shim.sock';

export interface ControlHandlers {
  /** May return a promise: no more is read until it is settled. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', data: Buffer) => Promise<void> | void;
}

/** A connection to a shim, for one request. */
export class ControlClient implements Disposable {
  readonly #socket: Socket;
  readonly #answers: Answer[] = [];
  readonly #handlers: ControlHandlers;
  #waiter: (() => void) | undefined;
  #end: Error | 'closed' | undefined;

  private constructor(socket: Socket, handlers: ControlHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('error', (error) => this.#finish(error));
    socket.on('close', () => this.#finish('closed'));
    void this.#read();
  }

  /** Rejects with ENOENT or ECONNREFUSED if no shim listens. */
  static async open(runDir: string, request: Request, handlers: ControlHandlers = {}): Promise<ControlClient> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const made = connect(join(runDir, controlSocketName));
      made.once('error', reject);
      made.once('connect', () => {
        made.off('error', reject);
        resolve(made);
      });
    });
    const client = new ControlClient(socket, handlers);
    socket.write(encodeMessage(request));
    return client;
  }

  /**
   * The next answer. Throws what the shim reports as failed, SHIM_FAILED if it goes without an answer, and ABORTED
   * (the connection stays open then).
   */
  async answer(signal?: AbortSignal): Promise<Answer> {
    for (;;) {
      const next = this.#answers.shift();
      if (next?.event === 'failed') throw errorOf(next);
      if (next !== undefined) return next;
      if (this.#end !== undefined) {
        throw new FirekilnError('SHIM_FAILED', 'the process that owns the VM ended without an answer', {
          cause: this.#end === 'closed' ? undefined : this.#end,
          exitCode: 125,
        });
      }
      await this.#wait(signal);
    }
  }

  send(notice: Notice): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeMessage(notice));
  }

  /** False if the caller should wait for {@link drained}. */
  sendInput(data: Uint8Array): boolean {
    return this.#socket.destroyed || this.#socket.write(encodeFrame('stdin', data));
  }

  onDrain(listener: () => void): void {
    this.#socket.on('drain', listener);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        for (const { kind, payload } of reader.push(chunk)) {
          if (kind === 'message') this.#take(JSON.parse(payload.toString('utf8')) as Answer);
          else if (kind !== 'stdin') await this.#handlers.onOutput?.(kind, payload);
        }
      }
      this.#finish('closed');
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroy();
    }
  }

  #take(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  #finish(end: Error | 'closed'): void {
    this.#end ??= end;
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal, 'waiting for the VM'));
        return;
      }
      const onAbort = () => {
        this.#waiter = undefined;
        if (signal !== undefined) reject(abortError(signal, 'waiting for the VM'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiter = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }
}
