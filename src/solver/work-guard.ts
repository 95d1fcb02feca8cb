import { throwIfAborted } from '../base/abort.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { VertexError } from './vertex-error.ts';
import type { VertexEvents } from './vertex-events.ts';
import type { GraphVertex } from './vertex-graph.ts';

/** Stands around all work of one build: the first failure is the build's, and stops the rest. */
export class WorkGuard<Result> {
  readonly #signal: AbortSignal;
  readonly #stop: (reason: unknown) => void;
  readonly #events: VertexEvents<Result>;
  readonly #running: Promise<unknown>[] = [];
  firstFailure: VertexError | undefined;

  /** `stop` aborts `signal`. */
  constructor(signal: AbortSignal, stop: (reason: unknown) => void, events: VertexEvents<Result>) {
    this.#signal = signal;
    this.#stop = stop;
    this.#events = events;
  }

  /** Does work for a vertex, unless the build has been stopped; what goes wrong is the vertex's failure. */
  async run<T>(node: GraphVertex<Result>, work: () => Promise<T>): Promise<T> {
    return await this.finish(node, async () => {
      throwIfAborted(this.#signal, 'building');
      return await work();
    });
  }

  /** As {@link run}, for what is to be done even if the build has been stopped. */
  async finish<T>(node: GraphVertex<Result>, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.failed(node, error);
    }
  }

  /** What to throw. What fails after the first failure was stopped because of it. */
  failed(node: GraphVertex<Result>, error: unknown): unknown {
    if (error instanceof VertexError) return error;
    if (this.#signal.aborted) {
      this.#events.canceled(node);
      return error;
    }
    const failure = new VertexError(node.vertex, error);
    this.firstFailure = failure;
    this.#events.failed(node, error instanceof Error ? error.message : String(error));
    this.#stop(new FirekilnError('ABORTED', 'stopped since another step failed', { cause: error }));
    return failure;
  }

  /** Remembers a promise, so that a failure that nobody waits for ends no process and the end can be waited for. */
  track<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    this.#running.push(promise);
    return promise;
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    for (let seen = -1; seen < this.#running.length; ) {
      seen = this.#running.length;
      await Promise.allSettled(this.#running);
    }
  }
}
