import type { Op } from '../solver/op.ts';
import { emptyChain } from './chain.ts';
import type { Chain } from './environment.ts';

export const scratchOp: Op<Chain> = {
  isTrivial: true,
  describe: async () => ({ kind: 'scratch' }),
  exec: async () => emptyChain,
};
