import { byteStringFromText } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import { openExt4 } from '../../formats/ext4/reader/open.ts';
import type { RandomAccess } from '../../formats/io/random-access.ts';
import { layerTar, readFromBlob } from '../../formats/layer-index/write-layer-tar.ts';
import { upperLayer } from '../../formats/overlay/upper-layer.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { Tree } from '../../formats/tree/tree.ts';
import { FileAccess } from '../../store/file-access.ts';
import type { Store, StoredLayer } from '../../store/store.ts';

export interface ReadLayersOptions {
  readonly layers: Store['layers'];
  /** The scratch disk after the guest has ended. */
  readonly scratch: string;
  readonly parent: readonly Digest[];
  /** How many steps' folders to read. */
  readonly steps: number;
  readonly clampTime: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Puts what each step changed into the store, as a layer. The disk was written by a guest: nothing in it is trusted. */
export async function readLayers(options: ReadLayersOptions): Promise<Digest[]> {
  const { layers, scratch, parent, steps, clampTime, signal } = options;
  using opened = new DisposableStack();
  const open = async (diffId: Digest): Promise<StoredLayer> => opened.use(await layers.open(diffId));
  const chain: StoredLayer[] = [];
  for (const diffId of parent) chain.push(await open(diffId));
  const disk = opened.use(new FileAccess(scratch));
  const made: Digest[] = [];
  for (let number = 1; number <= steps; number++) {
    const diffId = await readLayer({ layers, disk, number, parent: mergeLayers(chain), clampTime, signal });
    made.push(diffId);
    if (number < steps) chain.push(await open(diffId));
  }
  return made;
}

/** Puts what one step changed in `parent`, which it saw, into the store. */
export async function readLayer(
  options: Pick<ReadLayersOptions, 'layers' | 'clampTime' | 'signal'> & {
    readonly disk: RandomAccess;
    readonly number: number;
    readonly parent: Tree;
  },
): Promise<Digest> {
  const { layers, disk, number, parent, clampTime, signal } = options;
  // Opened for each step: the reader's budget of work is for one of them.
  const fileSystem = openExt4(disk);
  const entries = upperLayer({ fileSystem, upper: byteStringFromText(`u${number}`), parent, signal });
  const tar = layerTar(entries, readFromBlob(fileSystem.image), { signal, clampTime });
  const { diffId } = await layers.put(tar, { from: `what step ${number} wrote`, signal });
  return diffId;
}
