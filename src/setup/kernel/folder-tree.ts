import { closeSync, openSync, readSync } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { type ByteString, byteStringFromText } from '../../base/byte-string.ts';
import type { Ext4Source } from '../../formats/ext4/writer/options.ts';
import type { RandomAccess } from '../../formats/io/random-access.ts';
import type { TreeEntry, TreeInode } from '../../formats/tree/entry.ts';
import { compareTreeOrder } from '../../formats/tree/tree-order.ts';
import { listEntries } from './list-entries.ts';

/**
 * A trusted folder of the host as a tree: folders, files and symlinks, everything owned by root, readable by all and of
 * time 0, so that equal content gives equal images. The files are read when their data is.
 */
export async function folderTree(folder: string): Promise<Ext4Source> {
  const data = new FileRow();
  const listed = (await listEntries(folder)).map((one) => ({ ...one, path: byteStringFromText(one.path) }));
  listed.sort((a, b) => compareTreeOrder(a.path, b.path));
  const entries: TreeEntry[] = [{ path: '' as ByteString, inode: inode(0, { kind: 'directory', mode: 0o755 }) }];
  for (const { path, full, entry } of listed) {
    const key = entries.length;
    if (entry.isDirectory()) entries.push({ path, inode: inode(key, { kind: 'directory', mode: 0o755 }) });
    else if (entry.isSymbolicLink()) {
      const linkTarget = byteStringFromText(await readlink(full));
      entries.push({ path, inode: inode(key, { kind: 'symlink', mode: 0o777, linkTarget }) });
    } else if (entry.isFile()) {
      const { size } = await stat(full);
      const extent = { fileOffset: 0, length: size, blobOffset: data.add(full, size) };
      entries.push({ path, inode: inode(key, { kind: 'file', mode: 0o644, size, data: size > 0 ? [extent] : [] }) });
    }
  }
  return { layers: [{ data }], walk: () => entries };
}

function inode(key: number, what: Pick<TreeInode, 'kind' | 'mode'> & Partial<TreeInode>): TreeInode {
  return { key, layer: 0, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0, size: 0, data: [], ...what };
}

/** Files one after another as one blob. */
class FileRow implements RandomAccess {
  size = 0;
  readonly #files: { readonly path: string; readonly start: number; readonly end: number }[] = [];

  /** Returns where the file starts. */
  add(path: string, size: number): number {
    const start = this.size;
    this.size += size;
    this.#files.push({ path, start, end: this.size });
    return start;
  }

  read(target: Uint8Array, position: number): number {
    let done = 0;
    for (let i = this.#indexAt(position); done < target.length && i < this.#files.length; i++) {
      const file = this.#files[i];
      if (file === undefined) break;
      const at = position + done - file.start;
      const wanted = Math.min(target.length - done, file.end - file.start - at);
      const fd = openSync(file.path, 'r');
      try {
        if (readSync(fd, target, done, wanted, at) !== wanted) throw new Error(`${file.path} has become shorter`);
      } finally {
        closeSync(fd);
      }
      done += wanted;
    }
    return done;
  }

  #indexAt(position: number): number {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#files[middle]?.end ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
