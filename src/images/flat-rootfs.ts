import { type Digest, digestOfValue } from '../base/digest.ts';
import { ext4WriterVersion } from '../formats/ext4/writer/write-ext4.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';
import type { Store } from '../store/store.ts';
import { writeExt4File } from './ext4-file.ts';
import { openChain } from './open-chain.ts';

export interface FlatRootfsOptions {
  /** Bytes to leave free; they take no room on the host. */
  readonly freeBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FlatRootfs {
  readonly key: Digest;
  /** In the store: not to be written to. */
  readonly path: string;
}

/**
 * A whole chain as one ext4 image with a journal and free space, made once for all VMs; each boots a clone of it. Throws
 * BLOB_MISSING, EXT4_LIMIT.
 */
export async function ensureFlatRootfs(
  store: Store,
  layers: readonly Digest[],
  { freeBytes, signal }: FlatRootfsOptions,
): Promise<FlatRootfs> {
  const key = digestOfValue({ flatRootfs: ext4WriterVersion, layers, freeBytes });
  const path = await store.artifacts.ensure(
    'rootfs',
    key,
    async (temporary, makeSignal) => {
      using chain = await openChain(store, layers);
      await writeExt4File(mergeLayers(chain.layers), temporary, {
        identity: key,
        label: 'root',
        writable: { freeBytes },
        signal: makeSignal,
      });
    },
    { signal, refs: [...new Set(layers)], label: `root file system of ${layers.length} layers` },
  );
  return { key, path };
}
