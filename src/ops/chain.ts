import type { Digest } from '../base/digest.ts';
import type { Chain } from './environment.ts';

/** Of the vertex that an op belongs to. */
export interface VertexName {
  readonly id: string;
  /** For people. */
  readonly name: string;
}

export const emptyChain: Chain = { layers: [], times: [], names: [] };

/** The chain with one layer more, made now. */
export function withLayer({ layers, times, names }: Chain, diffId: Digest, name: string): Chain {
  return { layers: [...layers, diffId], times: [...times, Date.now()], names: [...names, name] };
}
