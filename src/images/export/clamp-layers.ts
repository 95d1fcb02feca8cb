import type { Digest } from '../../base/digest.ts';
import { layerTar, readFromBlob } from '../../formats/layer-index/write-layer-tar.ts';
import { goTime } from '../../formats/oci/go-json.ts';
import type { HistoryEntry, ImageConfigFile } from '../../formats/oci/image.ts';
import type { LayerIndex } from '../../formats/tree/tree.ts';
import type { Store } from '../../store/store.ts';

/** The layers with no time later than `epoch`, in seconds; those that have none stay what they are. */
export async function clampLayers(
  store: Store,
  diffIds: readonly Digest[],
  epoch: number,
  signal?: AbortSignal,
): Promise<readonly Digest[]> {
  const clamped: Digest[] = [];
  for (const diffId of diffIds) {
    using layer = await store.layers.open(diffId);
    if (!hasLaterTime(layer.index, epoch)) {
      clamped.push(diffId);
      continue;
    }
    const tar = layerTar(layer.index.entries(), readFromBlob(layer.data), { clampTime: epoch, signal });
    clamped.push((await store.layers.put(tar, { signal })).diffId);
  }
  return clamped;
}

/** The config of the same image with other layers, and no time later than `epoch`. */
export function clampConfig(config: ImageConfigFile, diffIds: readonly Digest[], epoch: number): ImageConfigFile {
  const latest = new Date(epoch * 1000);
  const clamp = (time: string) => (Date.parse(time) > latest.getTime() ? goTime(latest.toISOString()) : time);
  const history = config.history?.map(
    (entry): HistoryEntry => (entry.created === undefined ? entry : { ...entry, created: clamp(entry.created) }),
  );
  return {
    ...config,
    ...(config.created === undefined ? {} : { created: clamp(config.created) }),
    ...(history === undefined ? {} : { history }),
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
}

function hasLaterTime(index: LayerIndex, epoch: number): boolean {
  for (const { what } of index.entries()) {
    if (what.type !== 'inode') continue;
    const { mtimeSec, mtimeNsec } = what.inode;
    if (mtimeSec > epoch || (mtimeSec === epoch && mtimeNsec > 0)) return true;
  }
  return false;
}
