import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';

export type Packing = '' | 'gzip' | 'twice' | 'zstd' | 'xz' | 'bzip2' | 'tail';

/** An archive in one of the forms that ADD unpacks. `twice`: two members of gzip; `tail`: with something behind its end. */
export function packed(tar: Buffer, how: Packing): Buffer {
  switch (how) {
    case '':
      return tar;
    case 'gzip':
      return gzipSync(tar);
    case 'twice':
      return Buffer.concat([gzipSync(tar.subarray(0, 512)), gzipSync(tar.subarray(512))]);
    case 'zstd':
      return zstdCompressSync(tar);
    case 'tail':
      return Buffer.concat([tar, Buffer.from('behind the end')]);
    case 'xz':
    case 'bzip2':
      return execFileSync(how, ['-c'], { input: tar });
  }
}
