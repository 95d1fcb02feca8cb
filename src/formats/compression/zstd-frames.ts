import { FirekilnError } from '../../base/errors/firekiln-error.ts';

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

type Part = 'magic' | 'skippable-size' | 'descriptor' | 'block-header' | 'body' | 'block' | 'last-block';

/**
 * Cuts a stream of zstd frames (RFC 8878, section 3.1) where frames end, without unpacking it: Node's decoder stops
 * without a word at the end of a frame if more comes in the same chunk. Throws COMPRESSION_INVALID for what is no frame.
 */
export class ZstdFrames {
  readonly #subject: string;
  #part: Part = 'magic';
  /** Bytes still due for the part; parts that are looked at are gathered in `value`, least significant byte first. */
  #due = 4;
  #value = 0;
  #gathered = 0;
  #hasChecksum = false;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** Pieces that together are the chunk; no piece has bytes of two frames. */
  *pieces(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#isSkipped()) {
        const count = Math.min(this.#due, chunk.length - at);
        this.#due -= count;
        at += count;
      } else {
        this.#value += (chunk[at] ?? 0) * 2 ** (8 * this.#gathered++);
        this.#due--;
        at++;
      }
      if (this.#due === 0 && this.#advance()) {
        yield chunk.subarray(start, at);
        start = at;
      }
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }

  /** To be called after the last chunk. */
  end(): void {
    if (this.#part === 'magic' && this.#due === 4) return;
    throw new FirekilnError('COMPRESSION_INVALID', `${this.#subject}: the zstd data ends within a frame`);
  }

  #isSkipped(): boolean {
    return this.#part === 'body' || this.#part === 'block' || this.#part === 'last-block';
  }

  /** What follows a part that is complete; true at the end of a frame. */
  #advance(): boolean {
    const value = this.#value;
    switch (this.#part) {
      case 'magic':
        if (value === frameMagic) return this.#expect('descriptor', 1);
        // The last four bits are free.
        if (value - (value % 16) === skippableMagic) return this.#expect('skippable-size', 4);
        throw this.#invalid('something that is no zstd frame');
      case 'skippable-size':
        return this.#expect('last-block', value);
      case 'descriptor':
        this.#hasChecksum = (value & 4) !== 0;
        return this.#expect('body', headerBytes(value));
      case 'body':
      case 'block':
        return this.#expect('block-header', 3);
      case 'block-header':
        return this.#expectBlock(value);
      case 'last-block':
        this.#expect('magic', 4);
        return true;
    }
  }

  #expectBlock(header: number): boolean {
    const type = (header >>> 1) & 3;
    if (type === 3) throw this.#invalid('a zstd block of a reserved type');
    const size = type === 1 ? 1 : header >>> 3;
    if ((header & 1) === 0) return this.#expect('block', size);
    return this.#expect('last-block', size + (this.#hasChecksum ? 4 : 0));
  }

  #expect(part: Part, bytes: number): boolean {
    this.#part = part;
    this.#due = bytes;
    this.#value = 0;
    this.#gathered = 0;
    return bytes === 0 ? this.#advance() : false;
  }

  #invalid(what: string): FirekilnError {
    return new FirekilnError('COMPRESSION_INVALID', `${this.#subject}: the zstd data has ${what} in it`);
  }
}

/** Of the rest of a frame's header: window, dictionary id and content size, by the descriptor (section 3.1.1.1.1). */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  return (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + sizeBytes;
}
