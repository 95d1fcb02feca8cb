import type { Op } from '../solver/op.ts';
import { emptyChain } from './chain.ts';
import type { Chain } from './environment.ts';

/** Lays the layers of the second input over the first. */
export const mergeOp: Op<Chain> = {
  isTrivial: true,
  describe: async () => ({ kind: 'merge' }),
  exec: async ([base = emptyChain, upper = emptyChain]) => ({
    layers: [...base.layers, ...upper.layers],
    times: [...base.times, ...upper.times],
    names: [...base.names, ...upper.names],
  }),
};
