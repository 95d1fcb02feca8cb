import { bytesOf } from '../../src/base/byte-string.ts';
import type { RandomAccess } from '../../src/formats/io/random-access.ts';
import { MemoryLayerBuilder, type SomeMeta } from '../../src/formats/layer-index/memory-layer.ts';
import type { LayerEntry, LayerInode } from '../../src/formats/tree/entry.ts';
import type { LayerContent } from '../../src/formats/tree/tree.ts';

/** A layer in memory with the given entries, whose data lie in `blob`. */
export function layerOfEntries(entries: Iterable<LayerEntry>, blob: RandomAccess): LayerContent {
  const layer = new MemoryLayerBuilder();
  const first = new Map<number, Uint8Array>();
  for (const { path: bytes, what } of entries) {
    const path = bytesOf(bytes);
    if (what.type === 'whiteout') layer.whiteout(path);
    if (what.type !== 'inode') continue;
    const known = first.get(what.inode.number);
    if (known !== undefined) layer.hardLink(path, known, metaOf(what.inode));
    else addInode(layer, path, what.inode, blob);
    first.set(what.inode.number, known ?? path);
  }
  return layer.build();
}

function addInode(layer: MemoryLayerBuilder, path: Uint8Array, inode: LayerInode, blob: RandomAccess): void {
  const meta = metaOf(inode);
  switch (inode.kind) {
    case 'directory':
      layer.folder(path, meta);
      break;
    case 'symlink':
      layer.symlink(path, bytesOf(inode.linkTarget ?? ('' as never)), meta);
      break;
    case 'file': {
      const pieces = inode.data.map(({ fileOffset, length, blobOffset }) => {
        const data = Buffer.alloc(length);
        blob.read(data, blobOffset);
        return { fileOffset, bytes: data };
      });
      layer.file(path, { size: inode.size, pieces }, meta);
      break;
    }
    default: {
      const { deviceMajor, deviceMinor } = inode;
      const device = {
        ...(deviceMajor !== undefined && { deviceMajor }),
        ...(deviceMinor !== undefined && { deviceMinor }),
      };
      layer.special(path, inode.kind, { ...meta, ...device });
    }
  }
}

function metaOf({ mode, uid, gid, mtimeSec, mtimeNsec, xattrs }: LayerInode): SomeMeta {
  return { mode, uid, gid, mtimeSec, mtimeNsec, ...(xattrs !== undefined && { xattrs }) };
}
