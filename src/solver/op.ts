import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';

/**
 * The solver's view of work: it schedules, caches and shares, and knows neither VMs nor files. A result is opaque
 * to it. Tested with toy ops and call counters.
 */
export interface Vertex<Result> {
  /** Unique within a graph; equal vertices have equal ids. */
  readonly id: string;
  /** For people: `[build 2/5] RUN make`. */
  readonly name: string;
  readonly inputs: readonly Vertex<Result>[];
  readonly op: Op<Result>;
  /** Don't read the cache for this vertex (`--no-cache`); its result is still written. */
  readonly ignoreCache?: boolean;
}

export interface Op<Result> {
  /**
   * What the op is, beside its inputs: part of its cache key. Named parts, so that `--explain` can say which changed.
   * A part that needs work (scanning a context) is done here, before any input is solved.
   */
  describe(context: OpContext): Promise<KeyParts>;
  /**
   * Refines the key by what the inputs hold (such as the digest of the files that a COPY selects), so that equal
   * content hits though the inputs were made differently. Called with solved inputs, only after the key by
   * definition missed. The parts replace the keys of those inputs that `contentInputs` names.
   */
  readonly content?: {
    readonly inputs: readonly number[];
    keyParts(inputs: readonly Result[], context: OpContext): Promise<KeyParts>;
  };
  exec(inputs: readonly Result[], context: OpContext): Promise<Result>;
  /** Costs nothing: its result is not kept in the cache, and nobody is told of it. */
  readonly isTrivial?: boolean;
  /**
   * Ops that can run together: when one missed, and its first input missed too and is of the same batch kind, the
   * solver hands over the whole run, first to last, in one call, without a look for later members by content in between. A
   * run of one goes to `exec`.
   */
  readonly batch?: BatchKind<Result>;
}

export interface BatchKind<Result> {
  readonly kind: string;
  execBatch(
    members: readonly BatchMember<Result>[],
    base: Result,
    context: BatchContext,
  ): Promise<BatchOutcome<Result>>;
}

export interface BatchContext extends OpContext {
  /** To be called when a member's own work starts, by its place; what came before it has then ended. */
  readonly memberStarts: (index: number) => void;
}

export interface BatchMember<Result> {
  readonly vertex: { readonly id: string };
  /** Solved inputs beside the first. */
  readonly otherInputs: readonly Result[];
}

/** One result per member, in order; fewer, and what went wrong with the next one, when one failed. */
export interface BatchOutcome<Result> {
  readonly results: readonly Result[];
  readonly error?: unknown;
}

export type KeyParts = Readonly<Record<string, string>>;

export interface OpContext {
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
}

/** Where results live between builds. */
export interface ResultCache<Result> {
  load(key: Digest): Promise<Result | undefined>;
  /** Under all of the keys at once. */
  save(keys: readonly Digest[], result: Result, explanation: CacheExplanation): Promise<void>;
  /**
   * Waits until nobody else, in this or another process, makes what belongs to the key; who waited looks again. Tells of
   * the wait.
   */
  exclusive(key: Digest, context: OpContext): Promise<AsyncDisposable>;
  /** The explanation saved last for a vertex of this name; for `--explain`. */
  lastExplanation(name: string): Promise<CacheExplanation | undefined>;
}

/** What a key was made from. */
export interface CacheExplanation {
  /** The vertex's. */
  readonly name: string;
  /** Those of the definition, and those of the content as `content of NAME`. */
  readonly parts: KeyParts;
  /** The identity of each input's result; the same for all where parts of the content stand for it. */
  readonly inputKeys: readonly Digest[];
}
