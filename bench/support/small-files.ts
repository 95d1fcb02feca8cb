import type { ByteString } from '../../src/base/byte-string.ts';
import { type TarInput, writeTar } from '../../src/formats/tar/tar-writer.ts';

/** Files in one folder. */
const filesPerFolder = 100;

/** Bytes of all content that files are cut from. */
const content = pattern(1 << 20);

/**
 * A tar of many files: a tenth of them empty, the rest of any size below twice the mean, four levels deep. The same in
 * every run.
 */
export function filesTar(count: number, meanBytes: number): AsyncIterable<Uint8Array> {
  return writeTar(inputs(count, meanBytes));
}

function* inputs(count: number, meanBytes: number): Iterable<TarInput> {
  const common = { uid: 0, gid: 0, mtimeSec: 1_700_000_000, mtimeNsec: 0, size: 0 };
  const random = randomOf(7);
  let previous: readonly string[] = [];
  for (let i = 0; i < count; i++) {
    const folder = Math.floor(i / filesPerFolder);
    const parts = ['srv', `group-${Math.floor(folder / 100)}`, `part-${Math.floor(folder / 10) % 10}`, `${folder}`];
    for (let depth = 1; depth <= parts.length; depth++) {
      if (parts[depth - 1] === previous[depth - 1] && i > 0) continue;
      previous = parts.slice(0, depth);
      yield {
        entry: { ...common, path: parts.slice(0, depth).join('/') as ByteString, kind: 'directory', mode: 0o755 },
      };
    }
    previous = parts;
    const size = random() < 0.1 ? 0 : Math.floor(random() * 2 * meanBytes * (10 / 9));
    const path = `${parts.join('/')}/file-${i.toString(36)}.txt` as ByteString;
    const start = Math.floor(random() * (content.length - size));
    const entry = { ...common, path, kind: 'file', mode: 0o644, size } as const;
    yield size === 0 ? { entry } : { entry, content: [content.subarray(start, start + size)] };
  }
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const random = randomOf(11);
  for (let i = 0; i < length; i++) bytes[i] = random() * 256;
  return bytes;
}

/** Mulberry32: numbers from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
