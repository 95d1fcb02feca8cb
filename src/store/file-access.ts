import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RandomAccess } from '../formats/io/random-access.ts';

/** A file that bears its own checksums, read as it is. */
export class FileAccess implements RandomAccess, Disposable {
  readonly size: number;
  #fd: number | undefined;

  /** Throws a system error, as ENOENT. */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  read(target: Uint8Array, position: number): number {
    if (this.#fd === undefined) throw new Error('the file was closed');
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#fd, target, done, target.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
