import type { Digest } from '../base/digest.ts';
import type { Chain, OpsEnvironment } from './environment.ts';

/** Of the vertex that an op belongs to. */
export interface VertexName {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** See `sources` of a node's info. */
  readonly sources?: readonly string[] | undefined;
}

/** A record of the cache has the names of all steps below it. */
const maxNameLength = 256;

export const emptyChain: Chain = { layers: [], times: [], names: [] };

/** The chain with one layer more, made now, or at SOURCE_DATE_EPOCH. */
export function withLayer(
  { layers, times, names }: Chain,
  diffId: Digest,
  name: string,
  { sourceDateEpoch }: OpsEnvironment,
): Chain {
  const time = sourceDateEpoch === undefined ? Date.now() : sourceDateEpoch * 1000;
  return { layers: [...layers, diffId], times: [...times, time], names: [...names, shortened(name)] };
}

function shortened(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength - 1)}…` : name;
}
