import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { Store } from '../../store/store.ts';
import { openChain } from '../open-chain.ts';
import { clampedTree } from './clamped-tree.ts';
import type { ExportRequest } from './export-request.ts';
import { FreshFolder } from './fresh-folder.ts';
import { unpackTree } from './unpack-tree.ts';

/**
 * The merged tree as files of the host. Owners, devices and privileged attributes need root; without it they are left
 * out, with one warning.
 */
export async function exportDir(store: Store, request: ExportRequest): Promise<void> {
  const { dest, image, sourceDateEpoch, emitter, signal } = request;
  if (dest === '-') throw new FirekilnError('USAGE', `type=${request.type}: a folder can not be written to the output`);
  using chain = await openChain(store, image.layers);
  const tree = clampedTree(mergeLayers(chain.layers), sourceDateEpoch);
  await using folder = await FreshFolder.create(dest, 'merge');
  const { skipped } = await unpackTree(tree, folder.path, { asRoot: process.getuid?.() === 0, signal });
  await folder.merge();
  if (skipped.length > 0) emitter.message('warn', `${dest}: left out are ${skipped.join(', ')}`);
}
