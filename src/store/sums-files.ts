import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Digest } from '../base/digest.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import type { AsyncOnce } from './async-once.ts';
import { ChunkSummer, decodeSums, encodeSums, type StoredSums } from './chunk-sums.ts';
import { type StoreLayout, sumsPath } from './layout.ts';
import type { Session } from './session.ts';

const readSize = 1024 * 1024;

/** The files of sums beside the blobs. */
export class SumsFiles {
  readonly #layout: StoreLayout;
  readonly #session: AsyncOnce<Session>;

  constructor(layout: StoreLayout, session: AsyncOnce<Session>) {
    this.#layout = layout;
    this.#session = session;
  }

  async read(digest: Digest): Promise<StoredSums | undefined> {
    const path = sumsPath(this.#layout, digest);
    try {
      return decodeSums(await readFile(path), digest);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw explainSystemError(error, 'reading', path);
    }
  }

  /** Not flushed: a file that a loss of power tears does not bear its own sum, and is made again from the blob. */
  async write(digest: Digest, size: number, sums: Uint32Array): Promise<void> {
    const temporary = (await this.#session.get()).temporaryPath();
    const path = sumsPath(this.#layout, digest);
    try {
      await writeFile(temporary, encodeSums(digest, size, sums), { mode: 0o444 });
      await rename(temporary, path);
    } catch (error) {
      throw explainSystemError(error, 'writing', path);
    }
  }

  /** Takes the sums of a blob that has lost them; undefined if the blob is not what its digest says. */
  async remake(digest: Digest, fd: number, size: number): Promise<Uint32Array | undefined> {
    const hash = createHash('sha256');
    const summer = new ChunkSummer();
    const buffer = Buffer.allocUnsafeSlow(readSize);
    for (let position = 0; position < size; ) {
      const count = readSync(fd, buffer, 0, buffer.length, position);
      if (count === 0) return undefined;
      const part = buffer.subarray(0, count);
      hash.update(part);
      summer.update(part);
      position += count;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (`sha256:${hash.digest('hex')}` !== digest) return undefined;
    const sums = summer.end();
    // A full disk must not keep anybody from reading.
    await this.write(digest, size, sums).catch(() => {});
    return sums;
  }
}
