import { digestOfValue, hexOf } from '../../base/digest.ts';
import type { MountSpec } from '../../graph/node.ts';
import type { Chain } from '../environment.ts';

export type CacheSpec = Extract<MountSpec, { type: 'cache' }>;

/**
 * What identifies a cache mount in the store. As with BuildKit (getRefCacheDir in solver/llbsolver/mounts) that is the
 * id and what the cache began as: the chain that `from=` names, or a folder of a mode and owner. How it is shared, where
 * it is mounted and which of its folders is mounted makes no difference.
 */
export function cacheMountId({ id, made }: CacheSpec, from: Chain | undefined): string {
  return [
    id,
    ...(from === undefined ? [] : [`from=${hexOf(digestOfValue(from.layers)).slice(0, 16)}`]),
    ...(made === undefined ? [] : [`mode=${made.mode.toString(8).padStart(4, '0')} uid=${made.uid} gid=${made.gid}`]),
  ].join(' ');
}
