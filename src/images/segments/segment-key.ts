import { type Digest, digestOfValue, isDigest } from '../../base/digest.ts';
import { ext4WriterVersion } from '../../formats/ext4/writer/write-ext4.ts';
import { segmentFacts } from '../../formats/tree/segment-facts.ts';
import { segmentView } from '../../formats/tree/segment-view.ts';
import type { Store } from '../../store/store.ts';
import { openChain } from '../open-chain.ts';
import type { LayerRun } from './segment-runs.ts';

/** Goes up when {@link segmentSource} writes other entries for the same view. */
const sourceVersion = 1;

/**
 * The digest of all that decides the bytes of a segment: its layers, and what it took from those below. To know the
 * latter the run has to be walked, so the answer is kept as a record of the cache.
 */
export async function segmentKey(store: Store, layers: readonly Digest[], { from, to }: LayerRun): Promise<Digest> {
  const own = layers.slice(from, to);
  const versions = [ext4WriterVersion, sourceVersion];
  // Nothing is below: there are no facts to find.
  if (from === 0) return digestOfValue({ segment: versions, bottom: true, layers: own, facts: [] });
  const question = digestOfValue({ segmentKey: versions, below: layers.slice(0, from), layers: own });
  const known = (await store.cache.get(question))?.value;
  if (isDigest(known)) return known;
  using chain = await openChain(store, layers.slice(0, to));
  const facts = segmentFacts(segmentView(chain.layers, from, to).resolved(), layers);
  const key = digestOfValue({ segment: versions, bottom: false, layers: own, facts });
  await store.cache.put(question, { value: key, refs: [], label: 'key of a segment' });
  return key;
}
