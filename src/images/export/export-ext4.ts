import { digestOfValue } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { ext4WriterVersion } from '../../formats/ext4/writer/write-ext4.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { Store } from '../../store/store.ts';
import { writeExt4To } from '../ext4-file.ts';
import { openChain } from '../open-chain.ts';
import { clampedTree } from './clamped-tree.ts';
import { defaultFreeBytes, type ExportRequest } from './export-request.ts';
import { writeOutputFile } from './write-output.ts';

/** A root file system that can be booted and written to: the merged tree, with a journal and free space. Gives its UUID. */
export async function exportExt4(store: Store, request: ExportRequest): Promise<string> {
  const { image, size, sourceDateEpoch, signal } = request;
  if (request.dest === '-') throw new FirekilnError('USAGE', 'type=ext4: a disk can not be written to the output');
  const freeBytes = request.freeBytes ?? defaultFreeBytes;
  const room = size === undefined ? { freeBytes } : { size };
  using chain = await openChain(store, image.layers);
  const tree = clampedTree(mergeLayers(chain.layers), sourceDateEpoch);
  const identity = digestOfValue({
    rootfs: ext4WriterVersion,
    layers: image.layers,
    ...room,
    epoch: sourceDateEpoch,
  });
  const options = { identity, writable: room, signal, epoch: sourceDateEpoch ?? 0 };
  return await writeOutputFile(request.dest, async (file) => (await writeExt4To(file.handle, tree, options)).uuid);
}
