import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { bytesAccess } from '../../src/formats/io/bytes-access.ts';
import type { RandomAccess } from '../../src/formats/io/random-access.ts';

/** A file of the host as a RandomAccess; closed by `using`. */
export function imageFile(path: string): RandomAccess & Disposable {
  const fd = openSync(path, 'r');
  return {
    size: fstatSync(fd).size,
    read(target, position) {
      let done = 0;
      while (done < target.length) {
        const got = readSync(fd, target, done, target.length - done, position + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** A compressed image of test/fixtures, in memory. */
export function fixtureImage(path: string): RandomAccess {
  return bytesAccess(fixtureBytes(path));
}

export function fixtureBytes(path: string): Buffer {
  return zstdDecompressSync(readFileSync(join(import.meta.dirname, '../fixtures', path)));
}
