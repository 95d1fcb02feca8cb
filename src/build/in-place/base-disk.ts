import { stat, truncate } from 'node:fs/promises';
import { cloneFile } from '../../base/clone-file.ts';
import { digestOfValue } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import { writeExt4File } from '../../images/ext4-file.ts';
import type { ResolvedImage } from '../../images/image-source.ts';
import { openChain } from '../../images/open-chain.ts';
import { rootPartition } from '../../images/root-partition.ts';
import type { Chain } from '../../ops/environment.ts';
import type { Store } from '../../store/store.ts';

const defaultFreeBytes = 4 * 2 ** 30;

/**
 * Writes the disk that a stage starts from: a copy of the base's own, its holes kept, or, for a base that is layers, a
 * disk made of them. `freeBytes` is what it is given to grow into; an ext4 file system of layers has 4 GiB by default.
 * Throws IN_PLACE_UNSUPPORTED for room in a partition.
 */
export async function writeBaseDisk(options: {
  readonly store: Store;
  readonly base: Pick<ResolvedImage, 'origin' | 'location'>;
  readonly chain: Chain;
  readonly path: string;
  readonly freeBytes: number | undefined;
  readonly partuuid: string | undefined;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { store, base, chain, path, freeBytes, partuuid, signal } = options;
  if (base.origin === 'base-store') {
    if (freeBytes !== undefined && rootPartition(base.location, partuuid) !== undefined) {
      throw new FirekilnError('IN_PLACE_UNSUPPORTED', '--scratch-size gives no room to a base in a partition', {
        hint: `Make the partition of ${base.location} larger (sfdisk, then resize2fs), and leave --scratch-size out.`,
      });
    }
    await cloneFile(base.location, path, signal);
    if (freeBytes !== undefined) await truncate(path, (await stat(path)).size + freeBytes);
    return;
  }
  using opened = await openChain(store, chain.layers);
  const identity = digestOfValue({ inPlace: chain.layers });
  const writable = { freeBytes: freeBytes ?? defaultFreeBytes };
  await writeExt4File(mergeLayers(opened.layers), path, { identity, writable, signal });
}
