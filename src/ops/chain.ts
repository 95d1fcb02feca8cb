import type { Digest } from '../base/digest.ts';
import type { Chain } from './environment.ts';

export const emptyChain: Chain = { layers: [], times: [] };

/** The chain with one layer more, made now. */
export function withLayer({ layers, times }: Chain, diffId: Digest): Chain {
  return { layers: [...layers, diffId], times: [...times, Date.now()] };
}
