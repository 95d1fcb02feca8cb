import type { ByteString } from '../../base/byte-string.ts';
import type { LayerInode, TreeInode } from './entry.ts';
import { impliedFolder } from './implied-folder.ts';
import type { LayerContent } from './tree.ts';

/** Gives the inodes of a chain's layers keys, small whole numbers: the same for every tree over a prefix of the chain. */
export class InodeKeys {
  readonly #bases: number[] = [];
  readonly #implied = new Map<ByteString, TreeInode>();
  #next = 0;

  constructor(layers: readonly LayerContent[]) {
    for (const { index } of layers) {
      this.#bases.push(this.#next);
      this.#next += index.inodeCount;
    }
  }

  of(layer: number, inode: LayerInode): TreeInode {
    const { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, data } = inode;
    const key = (this.#bases[layer] ?? 0) + inode.number;
    const plain = { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, key, layer, data };
    if (inode.linkTarget === undefined && inode.deviceMajor === undefined && inode.xattrs === undefined) return plain;
    const { number: _number, links: _links, ...meta } = inode;
    return { ...meta, key, layer };
  }

  /** A folder that no layer describes. */
  impliedFolder(path: ByteString): TreeInode {
    const known = this.#implied.get(path);
    if (known !== undefined) return known;
    const made: TreeInode = { ...impliedFolder, key: this.#next++, layer: 0, data: [] };
    this.#implied.set(path, made);
    return made;
  }
}
