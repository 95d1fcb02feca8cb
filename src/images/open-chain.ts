import type { Digest } from '../base/digest.ts';
import type { Store, StoredLayer } from '../store/store.ts';

/** The layers of a chain, all open; throws BLOB_MISSING. */
export interface OpenChain extends Disposable {
  readonly layers: readonly StoredLayer[];
}

export async function openChain(store: Store, diffIds: readonly Digest[]): Promise<OpenChain> {
  using stack = new DisposableStack();
  const layers: StoredLayer[] = [];
  for (const diffId of diffIds) layers.push(stack.use(await store.layers.open(diffId)));
  const owned = stack.move();
  return { layers, [Symbol.dispose]: () => owned.dispose() };
}
