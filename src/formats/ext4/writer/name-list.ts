import type { ByteString } from '../../../base/byte-string.ts';

/** The names of a tree, as columns, and the bytes of names and symlink targets in one pool. */
export class NameList {
  count = 0;
  /** Inode number of the folder. */
  folder: Uint32Array;
  inode: Uint32Array;
  /** Where the name lies in the pool. */
  start: Uint32Array;
  length: Uint8Array;
  pool: Buffer;
  #used = 0;

  /** @param expected How many names there will be, if that is known. */
  constructor(expected = 0) {
    const capacity = Math.max(expected, initialCapacity);
    this.folder = new Uint32Array(capacity);
    this.inode = new Uint32Array(capacity);
    this.start = new Uint32Array(capacity);
    this.length = new Uint8Array(capacity);
    this.pool = Buffer.allocUnsafeSlow(capacity * 16);
  }

  add(folder: number, inode: number, name: ByteString): void {
    const index = this.count++;
    if (index === this.folder.length) this.#grow();
    this.folder[index] = folder;
    this.inode[index] = inode;
    this.start[index] = this.addBytes(name);
    this.length[index] = name.length;
  }

  /** Keeps bytes; returns their place in the pool. */
  addBytes(bytes: ByteString): number {
    const start = this.#used;
    const end = start + bytes.length;
    if (end > this.pool.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.pool.length * 2));
      larger.set(this.pool);
      this.pool = larger;
    }
    this.pool.write(bytes, start, bytes.length, 'latin1');
    this.#used = end;
    return start;
  }

  #grow(): void {
    const capacity = this.folder.length * 2;
    this.folder = larger(this.folder, new Uint32Array(capacity));
    this.inode = larger(this.inode, new Uint32Array(capacity));
    this.start = larger(this.start, new Uint32Array(capacity));
    this.length = larger(this.length, new Uint8Array(capacity));
  }
}

const initialCapacity = 4096;

function larger<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
