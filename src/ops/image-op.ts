import type { ImageNode } from '../graph/node.ts';
import type { Op } from '../solver/op.ts';
import type { Chain, OpsEnvironment } from './environment.ts';
import { keyPart } from './key-part.ts';

/** The layers of an image: known by what they hold, wherever they come from. */
export function imageOp(node: ImageNode, id: string, environment: OpsEnvironment): Op<Chain> {
  return {
    describe: async () => ({ kind: 'image', layers: keyPart(environment.imageDiffIds(node)) }),
    exec: async (_, { emitter, signal }) => {
      const layers = await environment.imageLayers(node, { node: id, emitter, signal });
      return { layers, times: layers.map(() => 0), names: layers.map(() => '') };
    },
  };
}
