import { crc32 } from 'node:zlib';
import type { ByteString } from '../../base/byte-string.ts';
import { ByteWriter } from './byte-writer.ts';
import { blockTargetBytes } from './index-format.ts';

/** Cuts a sequence of records into blocks and keeps their table. */
export class BlockWriter {
  /** Records of the open block; the caller appends to it. */
  readonly open = new ByteWriter(blockTargetBytes * 2);
  readonly table = new ByteWriter();
  blocks = 0;
  /** Bytes of all closed blocks. */
  bytes = 0;
  #firstNumber = 0;
  #separator: ByteString | undefined;

  /** To be called before the first record of a block: the number of its first inode, and what its paths are not below. */
  begin(firstNumber: number, separator: ByteString | undefined): void {
    this.#firstNumber = firstNumber;
    this.#separator = separator;
  }

  get isFull(): boolean {
    return this.open.length >= blockTargetBytes;
  }

  /** The open block's bytes, if there are any; it is empty afterwards. */
  close(): Buffer | undefined {
    if (this.open.length === 0) return undefined;
    const block = Buffer.from(this.open.view());
    this.table.varint(block.length);
    this.table.uint32(crc32(block));
    this.table.varint(this.#firstNumber);
    if (this.#separator !== undefined) {
      this.table.varint(this.#separator.length);
      this.table.text(this.#separator);
    }
    this.blocks++;
    this.bytes += block.length;
    this.open.clear();
    return block;
  }
}
