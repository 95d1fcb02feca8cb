import type { Digest } from '../base/digest.ts';
import type { Store, StoredLayer } from '../store/store.ts';
import type { OpenChain } from './open-chain.ts';

/** Layers that stay open though nobody uses them. Each holds a file descriptor or two. */
const maxIdleLayers = 1024;
/** Of what such layers may keep in memory, by {@link weightOf}. */
const maxIdleBytes = 64 * 1024 * 1024;

interface Pooled {
  readonly layer: StoredLayer;
  readonly bytes: number;
  users: number;
}

/**
 * The open layers of one build. Within bounds they stay open between its steps: else each step of a chain would open
 * all layers below it again. Disposed, it closes what is idle, and the rest as it is given back.
 */
export class LayerPool implements Disposable {
  readonly #store: Store;
  readonly #layers = new Map<Digest, Pooled>();
  /** Those without users, the one that was used least recently first. */
  readonly #idle = new Map<Digest, Pooled>();
  #idleBytes = 0;
  #isDisposed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The layers of a chain; throws BLOB_MISSING. */
  async open(diffIds: readonly Digest[]): Promise<OpenChain> {
    using taken = new DisposableStack();
    const layers: StoredLayer[] = [];
    for (const diffId of diffIds) {
      const known = this.#layers.get(diffId);
      const pooled = known === undefined ? await this.#open(diffId) : this.#take(diffId, known);
      taken.defer(() => this.#giveBack(diffId, pooled));
      layers.push(pooled.layer);
    }
    const owned = taken.move();
    return { layers, [Symbol.dispose]: () => owned.dispose() };
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#closeIdle(0, 0);
  }

  /** What it returns has been taken: between that and a wait it might be closed. */
  async #open(diffId: Digest): Promise<Pooled> {
    const layer = await this.#store.layers.open(diffId);
    const known = this.#layers.get(diffId);
    if (known !== undefined) {
      // Another step was faster.
      layer[Symbol.dispose]();
      return this.#take(diffId, known);
    }
    const pooled = { layer, bytes: weightOf(layer), users: 0 };
    this.#layers.set(diffId, pooled);
    return this.#take(diffId, pooled);
  }

  #take(diffId: Digest, pooled: Pooled): Pooled {
    pooled.users++;
    if (this.#idle.delete(diffId)) this.#idleBytes -= pooled.bytes;
    return pooled;
  }

  #giveBack(diffId: Digest, pooled: Pooled): void {
    if (--pooled.users > 0) return;
    this.#idle.set(diffId, pooled);
    this.#idleBytes += pooled.bytes;
    if (this.#isDisposed) this.#closeIdle(0, 0);
    else this.#closeIdle(maxIdleLayers, maxIdleBytes);
  }

  #closeIdle(maxLayers: number, maxBytes: number): void {
    for (const [diffId, { layer, bytes }] of this.#idle) {
      if (this.#idle.size <= maxLayers && this.#idleBytes <= maxBytes) return;
      this.#idle.delete(diffId);
      this.#layers.delete(diffId);
      this.#idleBytes -= bytes;
      layer[Symbol.dispose]();
    }
  }
}

/** About the most that an open layer keeps: blocks of its index, chunks of its data. */
function weightOf({ index, size }: StoredLayer): number {
  const [bytesPerEntry, mostOfIndex, mostOfData, always] = [100, 1024 * 1024, 512 * 1024, 4096];
  return always + Math.min(index.entryCount * bytesPerEntry, mostOfIndex) + Math.min(size, mostOfData);
}
