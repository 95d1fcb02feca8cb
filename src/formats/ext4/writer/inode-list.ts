/** Everything about inodes that pass one learns and pass two writes, as columns: objects would cost ten times as much. */
export class InodeList {
  /** The highest number in use; the columns are indexed by inode number. */
  last: number;
  mode: Uint16Array;
  uid: Uint32Array;
  gid: Uint32Array;
  links: Uint32Array;
  size: Float64Array;
  seconds: Float64Array;
  nanoseconds: Uint32Array;
  /** First block of what the inode holds (0: none); of devices: the two words of the device number. */
  place: Float64Array;
  /** Of files: where the data starts in its layer. Of symlinks: where the target lies in the name pool. */
  source: Float64Array;
  layer: Uint32Array;
  /** Index of the attribute plan, -1: no attributes. */
  xattrs: Int32Array;
  /** The attribute block. */
  xattrBlock: Float64Array;

  /** @param expected How many inodes there will be, if that is known: columns that grow leave their old selves behind. */
  constructor(last: number, expected = 0) {
    const capacity = last + 1 + Math.max(expected, initialCapacity);
    this.last = last;
    this.mode = new Uint16Array(capacity);
    this.uid = new Uint32Array(capacity);
    this.gid = new Uint32Array(capacity);
    this.links = new Uint32Array(capacity);
    this.size = new Float64Array(capacity);
    this.seconds = new Float64Array(capacity);
    this.nanoseconds = new Uint32Array(capacity);
    this.place = new Float64Array(capacity);
    this.source = new Float64Array(capacity);
    this.layer = new Uint32Array(capacity);
    this.xattrs = new Int32Array(capacity);
    this.xattrBlock = new Float64Array(capacity);
    this.xattrs.fill(-1);
  }

  /** The next number; its columns are zero, `xattrs` -1. */
  add(): number {
    this.last++;
    if (this.last >= this.mode.length) this.#grow();
    return this.last;
  }

  #grow(): void {
    const capacity = this.mode.length * 2;
    this.mode = moved(this.mode, new Uint16Array(capacity));
    this.uid = moved(this.uid, new Uint32Array(capacity));
    this.gid = moved(this.gid, new Uint32Array(capacity));
    this.links = moved(this.links, new Uint32Array(capacity));
    this.size = moved(this.size, new Float64Array(capacity));
    this.seconds = moved(this.seconds, new Float64Array(capacity));
    this.nanoseconds = moved(this.nanoseconds, new Uint32Array(capacity));
    this.place = moved(this.place, new Float64Array(capacity));
    this.source = moved(this.source, new Float64Array(capacity));
    this.layer = moved(this.layer, new Uint32Array(capacity));
    this.xattrs = moved(this.xattrs, new Int32Array(capacity).fill(-1));
    this.xattrBlock = moved(this.xattrBlock, new Float64Array(capacity));
  }
}

const initialCapacity = 4096;

function moved<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
