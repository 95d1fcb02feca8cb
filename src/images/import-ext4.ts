import { emptyByteString } from '../base/byte-string.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Ext4FileSystem } from '../formats/ext4/reader/file-system.ts';
import { openExt4 } from '../formats/ext4/reader/open.ts';
import type { RandomAccess } from '../formats/io/random-access.ts';
import { layerTar, readFromBlob } from '../formats/layer-index/write-layer-tar.ts';
import { upperLayer } from '../formats/overlay/upper-layer.ts';
import type { LayerEntry } from '../formats/tree/entry.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';
import { FileAccess } from '../store/file-access.ts';
import type { LayerInfo, Store } from '../store/store.ts';
import { rootOfDisk } from './root-partition.ts';

/**
 * A root file system on an ext4 disk as one layer of the store; the disk is only read, and not trusted.
 *
 * @param options.partuuid See {@link rootOfDisk}.
 */
export async function importExt4(
  store: Store,
  path: string,
  { partuuid, signal }: { readonly partuuid?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<LayerInfo> {
  using disk = new FileAccess(path);
  const fileSystem = openNamed(rootOfDisk(disk, path, partuuid).content, path);
  // Everything on it is new: as what a step wrote over nothing.
  const entries = upperLayer({ fileSystem, upper: emptyByteString, parent: mergeLayers([]), signal });
  const tar = layerTar(withoutLostFound(entries), readFromBlob(fileSystem.image), { signal });
  return await store.layers.put(tar, { from: path, signal });
}

/** Errors name the file. */
function openNamed(content: RandomAccess, path: string): Ext4FileSystem {
  try {
    return openExt4(content);
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    throw new FirekilnError(error.code, `${path} can not be read as a root file system: ${error.message}`, {
      hint: error.hint ?? 'It must be an ext4 file system; `e2fsck -fn` looks at what there is.',
      cause: error,
    });
  }
}

/** mke2fs makes it; it is no part of what the disk is for. */
function* withoutLostFound(entries: Iterable<LayerEntry>): Generator<LayerEntry> {
  for (const entry of entries) {
    const isIt = entry.path === 'lost+found' && entry.what.type === 'inode' && entry.what.inode.kind === 'directory';
    if (!isIt) yield entry;
  }
}
