import { treeTar } from '../../formats/layer-index/write-layer-tar.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { Store } from '../../store/store.ts';
import { openChain } from '../open-chain.ts';
import type { ExportRequest } from './export-request.ts';
import { writeOutput } from './write-output.ts';

/** The merged tree as a tar, as BuildKit's `type=tar`. */
export async function exportTar(store: Store, request: ExportRequest): Promise<void> {
  const { image, sourceDateEpoch, signal } = request;
  using chain = await openChain(store, image.layers);
  await writeOutput(treeTar(mergeLayers(chain.layers), { clampTime: sourceDateEpoch, signal }), request);
}
