import type { FuzzTarget } from './target.ts';
import { ext4Target } from './targets/ext4.ts';
import { layerIndexTarget } from './targets/layer-index.ts';
import { storeTarget } from './targets/store.ts';
import { tarTarget } from './targets/tar.ts';

export const fuzzTargets: ReadonlyMap<string, FuzzTarget> = new Map([
  ['tar', tarTarget],
  ['ext4', ext4Target],
  ['layer-index', layerIndexTarget],
  ['store', storeTarget],
]);
