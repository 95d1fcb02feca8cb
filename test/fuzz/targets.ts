import type { FuzzTarget } from './target.ts';
import { dockerfileTarget } from './targets/dockerfile.ts';
import { ext4Target } from './targets/ext4.ts';
import { globTarget } from './targets/glob.ts';
import { ignoreTarget } from './targets/ignore.ts';
import { layerIndexTarget } from './targets/layer-index.ts';
import { storeTarget } from './targets/store.ts';
import { tarTarget } from './targets/tar.ts';
import { wordsTarget } from './targets/words.ts';

export const fuzzTargets: ReadonlyMap<string, FuzzTarget> = new Map([
  ['tar', tarTarget],
  ['ext4', ext4Target],
  ['layer-index', layerIndexTarget],
  ['store', storeTarget],
  ['dockerfile', dockerfileTarget],
  ['words', wordsTarget],
  ['ignore', ignoreTarget],
  ['glob', globTarget],
]);
