import { abortError } from '../base/abort.ts';
import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { ResultCache, Vertex } from './op.ts';
import { Solver } from './solver.ts';

export interface SolveOptions<Result> {
  readonly cache: ResultCache<Result>;
  /** Equal for results that hold the same, however they were made. */
  readonly identity: (result: Result) => Digest;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  /** Ops at work at once; 8 by default. */
  readonly concurrency?: number;
  /** Emit `node.explained`. */
  readonly explain?: boolean;
}

/**
 * The result of a vertex: from the cache if it can be, else by solving its inputs and running its op; each vertex once,
 * independent ones at the same time. What a cached vertex depends on is not touched.
 *
 * A vertex is looked for under two keys: by definition (what it and everything it depends on is) before anything is
 * solved, and by content (what it is, and what its solved inputs hold) after that. What is found or made is saved under
 * both.
 *
 * The first failure stops everything else. When this rejects, nothing runs any more. Throws {@link VertexError} with the
 * failure as its cause, or ABORTED.
 */
export async function solve<Result>(target: Vertex<Result>, options: SolveOptions<Result>): Promise<Result> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const solver = new Solver(target, { ...options, signal, stop: (reason) => stop.abort(reason) });
  try {
    return await solver.run();
  } catch (error) {
    await solver.guard.settled();
    if (options.signal.aborted) throw abortError(options.signal, 'building');
    throw solver.guard.firstFailure ?? error;
  }
}
