import pLimit, { type LimitFunction } from 'p-limit';
import type { Digest } from '../base/digest.ts';
import { contentKey, definitionKey, explanationOf } from './cache-keys.ts';
import { explainMiss } from './explain-miss.ts';
import type { CacheExplanation, KeyParts, OpContext, Vertex } from './op.ts';
import { runMembers } from './run-members.ts';
import type { SolveOptions } from './solve.ts';
import { VertexEvents } from './vertex-events.ts';
import { dependsOn, type GraphVertex, orderVertices } from './vertex-graph.ts';
import { WorkGuard } from './work-guard.ts';

/** What is known of a vertex during one build. */
interface State<Result> {
  readonly parts: KeyParts;
  readonly definitionKey: Digest;
  /** The look into the cache by definition. */
  found?: Promise<Result | undefined>;
  result?: Promise<Result>;
}

/** One vertex of a run: vertices that missed and that follow one another through their first inputs. */
interface Member<Result> {
  readonly node: GraphVertex<Result>;
  /** What others wait for; absent for the vertex that the run is for. */
  readonly promised?: PromiseWithResolvers<Result>;
}

/** Ops that describe themselves at once. */
const describeConcurrency = 16;

export interface SolverOptions<Result> extends SolveOptions<Result> {
  /** Aborts `signal`. */
  readonly stop: (reason: unknown) => void;
}

/** One call of {@link solve}. */
export class Solver<Result> {
  readonly #options: SolverOptions<Result>;
  readonly #context: OpContext;
  readonly #nodes: readonly GraphVertex<Result>[];
  readonly #states = new Map<GraphVertex<Result>, State<Result>>();
  readonly #events: VertexEvents<Result>;
  readonly #limit: LimitFunction;
  readonly guard: WorkGuard<Result>;

  constructor(target: Vertex<Result>, options: SolverOptions<Result>) {
    this.#options = options;
    this.#context = { emitter: options.emitter, signal: options.signal };
    this.#events = new VertexEvents(options.emitter, options.explain === true);
    this.guard = new WorkGuard(options.signal, options.stop, this.#events);
    this.#limit = pLimit(options.concurrency ?? 8);
    this.#nodes = orderVertices(target);
  }

  async run(): Promise<Result> {
    const target = this.#nodes.at(-1);
    if (target === undefined) throw new Error('a graph without vertices');
    await this.#describeAll();
    return await this.#solve(target);
  }

  async #describeAll(): Promise<void> {
    const limit = pLimit(describeConcurrency);
    const described = new Map<GraphVertex<Result>, Promise<KeyParts>>();
    // From the target on, as BuildKit does: of several that can't be described the last is told of.
    for (const node of this.#nodes.toReversed()) {
      const { op } = node.vertex;
      const parts = limit(() => this.guard.run(node, async () => await op.describe(this.#context)));
      described.set(node, this.guard.track(parts));
    }
    await Promise.allSettled(described.values());
    for (const node of this.#nodes) {
      const parts = (await described.get(node)) ?? {};
      const inputs = node.inputs.map((input) => this.#state(input).definitionKey);
      this.#states.set(node, { parts, definitionKey: definitionKey(parts, inputs) });
    }
  }

  #solve(node: GraphVertex<Result>): Promise<Result> {
    const state = this.#state(node);
    state.result ??= this.guard.track(this.#start(node));
    return state.result;
  }

  async #start(node: GraphVertex<Result>): Promise<Result> {
    const found = await this.#find(node);
    if (found !== undefined) return found;
    const members: Member<Result>[] = [{ node }];
    try {
      await this.#gather(members);
      return await this.#run(members);
    } catch (error) {
      // Those that have a result keep it.
      for (const { promised } of members) promised?.reject(error);
      throw error;
    }
  }

  /** Looks into the cache by definition. */
  #find(node: GraphVertex<Result>): Promise<Result | undefined> {
    const state = this.#state(node);
    state.found ??= this.guard.track(
      this.guard.run(node, async () => {
        if (node.mustSolveInputs || !readsCache(node)) return undefined;
        const found = await this.#options.cache.load(state.definitionKey);
        if (found !== undefined) this.#showCached(node, 'cached: nothing that it depends on has changed');
        return found;
      }),
    );
    return state.found;
  }

  /** Puts what can run together with a vertex that missed before it: the run's first vertex first. */
  async #gather(members: Member<Result>[]): Promise<void> {
    const last = members[0]?.node;
    const kind = last?.vertex.op.batch?.kind;
    if (last === undefined || kind === undefined) return;
    const others = last.inputs.slice(1);
    for (let node = last.inputs[0]; node?.vertex.op.batch?.kind === kind; node = node.inputs[0]) {
      const state = this.#state(node);
      // What another member waits for can't run together with it.
      if (state.result !== undefined || dependsOn(others, node)) return;
      const found = await this.#find(node);
      // Somebody may have begun with it meanwhile.
      if (found !== undefined || this.#state(node).result !== undefined) return;
      const promised = Promise.withResolvers<Result>();
      state.result = this.guard.track(promised.promise);
      members.unshift({ node, promised });
      others.push(...node.inputs.slice(1));
    }
  }

  async #run(members: readonly Member<Result>[]): Promise<Result> {
    const [base, ...others] = await this.#solveInputs(members);
    let first = base?.[0];
    const inputsOf = (at: number): readonly Result[] => {
      const isSource = members[at]?.node.inputs.length === 0;
      return isSource ? [] : [first as Result, ...(others[at] ?? [])];
    };
    let at = 0;
    // Of members[at]. What it is made of may be large, and is walked once.
    let explanation: CacheExplanation | undefined;
    const settle = (result: Result) => {
      members[at++]?.promised?.resolve(result);
      first = result;
      explanation = undefined;
    };
    await using turn = new AsyncDisposableStack();
    let isWaitedFor = false;
    for (let member = members[at]; member !== undefined; member = members[at]) {
      explanation ??= await this.#explain(member.node, inputsOf(at));
      const found = await this.#findByContent(member.node, explanation);
      if (found !== undefined) {
        settle(found);
        continue;
      }
      if (isWaitedFor || !readsCache(member.node)) {
        await this.#tellOfMiss(member.node, explanation);
        break;
      }
      // Another build may be at the same: then its result is found at the second look.
      const key = contentKey(explanation);
      turn.use(await this.guard.run(member.node, async () => await this.#options.cache.exclusive(key, this.#context)));
      isWaitedFor = true;
    }
    if (at < members.length) {
      const run = members.slice(at).map(({ node }) => node);
      const { results, error } = await runMembers(run, inputsOf(at), others.slice(at), {
        guard: this.guard,
        events: this.#events,
        limit: this.#limit,
        context: this.#context,
      });
      for (const result of results) {
        const node = run[0];
        if (node === undefined) throw new Error('an op gave more results than it was asked for');
        run.shift();
        explanation ??= await this.#explain(node, inputsOf(at));
        await this.#save(node, result, explanation);
        this.#events.finished(node);
        settle(result);
      }
      const [failed] = run;
      if (failed !== undefined) throw this.guard.failed(failed, error ?? new Error('an op gave too few results'));
    }
    return first as Result;
  }

  /** The first input of the first member, then the other inputs of each. */
  async #solveInputs(members: readonly Member<Result>[]): Promise<Result[][]> {
    const firstInputs = members[0]?.node.inputs.slice(0, 1) ?? [];
    const wanted = [firstInputs, ...members.map(({ node }) => node.inputs.slice(1))];
    return await Promise.all(wanted.map((inputs) => Promise.all(inputs.map((input) => this.#solve(input)))));
  }

  /** What the key by content is made of. */
  async #explain(node: GraphVertex<Result>, inputs: readonly Result[]): Promise<CacheExplanation> {
    const { name, op } = node.vertex;
    const { content } = op;
    const { parts } = this.#state(node);
    const identities = inputs.map((input) => this.#options.identity(input));
    if (content === undefined) return explanationOf({ name, parts, content, identities });
    const contentParts = await this.guard.run(node, () => this.#limit(() => content.keyParts(inputs, this.#context)));
    return explanationOf({ name, parts, content: { inputs: content.inputs, parts: contentParts }, identities });
  }

  async #findByContent(node: GraphVertex<Result>, explanation: CacheExplanation): Promise<Result | undefined> {
    return await this.guard.run(node, async () => {
      const { cache } = this.#options;
      if (!readsCache(node)) return undefined;
      const found = await cache.load(contentKey(explanation));
      if (found === undefined) return undefined;
      await cache.save([this.#state(node).definitionKey], found, explanation);
      this.#showCached(node, 'cached: what it is made from holds what it held');
      return found;
    });
  }

  async #tellOfMiss(node: GraphVertex<Result>, explanation: CacheExplanation): Promise<void> {
    await this.guard.run(node, async () => {
      if (node.vertex.ignoreCache === true) {
        this.#events.explained(node, 'not cached: the cache is not to be read');
      } else if (this.#options.explain === true && readsCache(node)) {
        const before = await this.#options.cache.lastExplanation(node.vertex.name);
        const inputNames = node.inputs.map((input) => input.vertex.name);
        this.#events.explained(node, explainMiss(explanation, before, inputNames));
      }
    });
  }

  async #save(node: GraphVertex<Result>, result: Result, explanation: CacheExplanation): Promise<void> {
    if (node.vertex.op.isTrivial === true) return;
    await this.guard.finish(node, async () => {
      const keys = [contentKey(explanation), this.#state(node).definitionKey];
      await this.#options.cache.save(keys, result, explanation);
    });
  }

  #showCached(node: GraphVertex<Result>, why: string): void {
    this.#events.cached(node, why, (input) => this.#state(input).result !== undefined);
  }

  #state(node: GraphVertex<Result>): State<Result> {
    const state = this.#states.get(node);
    if (state === undefined) throw new Error(`${node.vertex.name} has not been described`);
    return state;
  }
}

function readsCache({ vertex }: GraphVertex<unknown>): boolean {
  return vertex.ignoreCache !== true && vertex.op.isTrivial !== true;
}
