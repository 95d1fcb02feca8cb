import { type Digest, sha256 } from '../../src/base/digest.ts';
import { createEmitter, type NodeEvent } from '../../src/base/events.ts';
import type { BatchOutcome, CacheExplanation, Op, ResultCache, Vertex } from '../../src/solver/op.ts';
import { type SolveOptions, solve } from '../../src/solver/solve.ts';

/** Work whose result is a text: `name(inputs)`. */
export interface Toy {
  readonly name: string;
  readonly inputs?: readonly Vertex<string>[];
  /** Part of the definition but not of the result. */
  readonly note?: string;
  readonly isBatch?: boolean;
  readonly ignoreCache?: boolean;
  readonly isTrivial?: boolean;
  /** Inputs of which only the first letter counts. */
  readonly content?: readonly number[];
  readonly fails?: string;
  readonly describeFails?: string;
  /** Waits for this before it ends. */
  readonly until?: Promise<unknown>;
}

/** Makes vertices and counts what is done with them. */
export class ToyBuild {
  readonly cache = new MemoryCache();
  /** Runs in order: `a`, or `a+b` for a batch. */
  runs: string[] = [];
  events: NodeEvent[] = [];
  atOnce = 0;
  mostAtOnce = 0;

  vertex(toy: Toy): Vertex<string> {
    const { name, inputs = [], note = '', isBatch, content, ignoreCache, isTrivial } = toy;
    const id = `${name} ${note} ${inputs.map((input) => sha256(input.id)).join()}`;
    this.#toys.set(id, toy);
    const op: Op<string> = {
      describe: async () => {
        if (toy.describeFails !== undefined) throw new Error(toy.describeFails);
        return { name, note };
      },
      exec: async (results, { signal }) => await this.#run(name, async () => await this.#result(toy, results, signal)),
      ...(isTrivial === true ? { isTrivial } : {}),
      ...(content === undefined
        ? {}
        : {
            content: {
              inputs: content,
              keyParts: async (results: readonly string[]) => ({ files: content.map((i) => results[i]?.[0]).join() }),
            },
          }),
      ...(isBatch === true ? { batch: { kind: 'toy', execBatch: this.#execBatch } } : {}),
    };
    return { id, name, inputs, op, ...(ignoreCache === undefined ? {} : { ignoreCache }) };
  }

  async solve(target: Vertex<string>, options: Partial<SolveOptions<string>> = {}): Promise<string> {
    this.runs = [];
    this.events = [];
    this.mostAtOnce = 0;
    const emitter = createEmitter((event) => this.events.push(event as NodeEvent & typeof event), { module: 'test' });
    const signal = new AbortController().signal;
    return await solve(target, { cache: this.cache, identity: sha256, emitter, signal, ...options });
  }

  /** `started a`, in order. */
  get told(): string[] {
    return this.events.map((event) => {
      const node = 'node' in event ? (this.#toys.get(event.node)?.name ?? event.node) : '';
      return `${event.event.replace('node.', '')} ${node}${'text' in event ? `: ${event.text}` : ''}`;
    });
  }

  readonly #toys = new Map<string, Toy>();

  readonly #execBatch: NonNullable<Op<string>['batch']>['execBatch'] = async (members, base, context) => {
    const names = members.map(({ vertex }) => this.#toys.get(vertex.id)?.name).join('+');
    return await this.#run(names, async (): Promise<BatchOutcome<string>> => {
      const results: string[] = [];
      let first = base;
      for (const [i, { vertex, otherInputs }] of members.entries()) {
        const toy = this.#toys.get(vertex.id);
        if (toy === undefined) throw new Error('no such toy');
        context.memberStarts(i);
        try {
          first = await this.#result(toy, [first, ...otherInputs], context.signal);
        } catch (error) {
          return { results, error };
        }
        results.push(first);
      }
      return { results };
    });
  };

  async #run<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.runs.push(name);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      return await work();
    } finally {
      this.atOnce--;
    }
  }

  async #result(
    { name, content, fails, until }: Toy,
    results: readonly string[],
    signal: AbortSignal,
  ): Promise<string> {
    if (until !== undefined) {
      const aborted = Promise.withResolvers<never>();
      aborted.promise.catch(() => {});
      const onAbort = () => aborted.reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort);
      await Promise.race([until, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
    }
    if (fails !== undefined) throw new Error(fails);
    return `${name}(${results.map((result, i) => (content?.includes(i) ? result[0] : result)).join()})`;
  }
}

export class MemoryCache implements ResultCache<string> {
  readonly records = new Map<Digest, string>();
  readonly #last = new Map<string, CacheExplanation>();
  readonly #turns = new Map<Digest, Promise<void>>();

  async load(key: Digest): Promise<string | undefined> {
    return this.records.get(key);
  }

  async save(keys: readonly Digest[], result: string, explanation: CacheExplanation): Promise<void> {
    for (const key of keys) this.records.set(key, result);
    this.#last.set(explanation.name, explanation);
  }

  async exclusive(key: Digest): Promise<AsyncDisposable> {
    const before = this.#turns.get(key);
    const mine = Promise.withResolvers<void>();
    this.#turns.set(key, mine.promise);
    await before;
    return { [Symbol.asyncDispose]: async () => mine.resolve() };
  }

  async lastExplanation(name: string): Promise<CacheExplanation | undefined> {
    return this.#last.get(name);
  }
}
