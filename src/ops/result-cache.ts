import { type Digest, isDigest } from '../base/digest.ts';
import type { CacheExplanation, OpContext, ResultCache as SolverCache } from '../solver/op.ts';
import type { CacheRecord, Store } from '../store/store.ts';
import type { Chain } from './environment.ts';

interface CachedChain extends Chain {
  readonly explanation: CacheExplanation;
}

/** Results of graph nodes in the store; a record counts as long as all its layers are there. */
export class ResultCache implements SolverCache<Chain> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(key: Digest): Promise<Chain | undefined> {
    const cached = await this.#read(await this.#store.cache.get(key));
    return cached === undefined ? undefined : { layers: cached.layers, times: cached.times, names: cached.names };
  }

  async save(keys: readonly Digest[], { layers, times, names }: Chain, explanation: CacheExplanation): Promise<void> {
    const value: CachedChain = { layers, times, names, explanation };
    await this.#store.cache.put(keys, { value, refs: [...new Set(layers)], label: explanation.name });
  }

  async exclusive(key: Digest, { emitter, signal }: OpContext): Promise<AsyncDisposable> {
    const onWait = (holder: string) => emitter.message('info', `waiting for ${holder}, which makes the same step`);
    return await this.#store.exclusive(`step ${key}`, { signal, onWait });
  }

  async lastExplanation(name: string): Promise<CacheExplanation | undefined> {
    return (await this.#read(await this.#store.cache.latestWithLabel(name)))?.explanation;
  }

  /** A record of another shape, from another version, is none. */
  async #read(record: CacheRecord | undefined): Promise<CachedChain | undefined> {
    const value = record?.value as Partial<CachedChain> | null | undefined;
    if (value === null || value === undefined) return undefined;
    const { layers, times, names, explanation } = value;
    if (![layers, times, names].every((it) => Array.isArray(it) && it.length === layers?.length)) return undefined;
    if (layers?.every(isDigest) !== true || times?.every(Number.isFinite) !== true || names === undefined)
      return undefined;
    if (typeof explanation !== 'object') return undefined;
    return { layers, times, names, explanation };
  }
}
