import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { decodeInode, encodeInode, type RawInode } from './inode-record.ts';

const chunkBytes = 256 * 1024;

/** Inodes while a layer is indexed: encoded, about 20 bytes each, where objects would take 250. */
export class RecordArena {
  readonly #chunks: Buffer[] = [];
  /** Per inode: its chunk, and its start within it. */
  readonly #chunkOf: number[] = [];
  readonly #startOf: number[] = [];
  readonly #lengthOf: number[] = [];
  readonly #sizeOf: number[] = [];
  readonly #scratch = new ByteWriter();
  #used = chunkBytes;
  #bytes = 0;

  get count(): number {
    return this.#chunkOf.length;
  }

  /** Bytes of all records, replaced ones included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the inode's id. */
  add(inode: RawInode): number {
    const id = this.#chunkOf.length;
    this.set(id, inode);
    return id;
  }

  set(id: number, inode: RawInode): void {
    this.#scratch.clear();
    encodeInode(this.#scratch, inode);
    const record = this.#scratch.view();
    const { length } = record;
    if (this.#lengthOf[id] === length && record.equals(this.record(id))) return;
    this.#bytes += length;
    if (this.#used + length > chunkBytes) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkBytes, length)));
      this.#used = 0;
    }
    const last = this.#chunks.length - 1;
    this.#chunks[last]?.set(record, this.#used);
    this.#chunkOf[id] = last;
    this.#startOf[id] = this.#used;
    this.#lengthOf[id] = length;
    this.#sizeOf[id] = inode.size;
    this.#used += length;
  }

  record(id: number): Buffer {
    const start = this.#startOf[id] ?? 0;
    const chunk = this.#chunks[this.#chunkOf[id] ?? 0];
    if (chunk === undefined) throw new Error(`no inode ${id}`);
    return chunk.subarray(start, start + (this.#lengthOf[id] ?? 0));
  }

  /** Bytes of the inode's data, holes included. */
  sizeOf(id: number): number {
    return this.#sizeOf[id] ?? 0;
  }

  get(id: number): RawInode {
    const reader = new ByteReader(this.record(id), (reason) => {
      throw new Error(`inode ${id}: ${reason}`);
    });
    return decodeInode(reader, Number.MAX_SAFE_INTEGER);
  }
}
