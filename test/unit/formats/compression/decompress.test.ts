import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../../src/formats/compression/decompress.ts';
import { detectCompression } from '../../../../src/formats/compression/detect-compression.ts';
import { inChunks, someBytes } from '../../../support/bytes.ts';

async function* stream(data: Uint8Array, size: number) {
  yield* inChunks(data, size);
}

async function unpack(data: Uint8Array, kind: 'gzip' | 'zstd', size = data.length, limits = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompress(stream(data, Math.max(1, size)), kind, { subject: 'the data', limits })) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const parts = [someBytes(70_000), Buffer.alloc(400_000, 'a'), Buffer.alloc(0), someBytes(3)];
const whole = Buffer.concat(parts);
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
const zstd = Buffer.concat([skippable, ...parts.map((part) => zstdCompressSync(part)), skippable]);
const checked = zstdCompressSync(whole, { params: { 201: 1, 100: 19 } });

describe('decompress', () => {
  it.each([
    ['gzip', gzip],
    ['zstd', zstd],
    ['zstd', checked],
  ] as const)('reads all members and frames of %s, however they are cut', async (kind, data) => {
    for (const size of [data.length, 70_000, 4099, 7])
      expect((await unpack(data, kind, size)).equals(whole)).toBe(true);
    expect(detectCompression(data)).toBe(kind);
  });

  it.each([
    ['gzip', gzip],
    ['zstd', zstdCompressSync(whole)],
  ] as const)('refuses %s that is cut short, damaged or followed by something else', async (kind, data) => {
    const bad = { code: 'COMPRESSION_INVALID' };
    await expect(unpack(data.subarray(0, data.length - 5), kind)).rejects.toMatchObject(bad);
    await expect(unpack(data.subarray(0, 1000), kind, 100)).rejects.toMatchObject(bad);
    await expect(unpack(Buffer.concat([data, Buffer.from('more')]), kind)).rejects.toMatchObject(bad);
    await expect(unpack(Buffer.concat([data, Buffer.from('more')]), kind, 7777)).rejects.toMatchObject(bad);
    await expect(unpack(Buffer.from('no such thing'), kind)).rejects.toMatchObject(bad);
  });

  it('stops at its ceilings', async () => {
    await expect(unpack(gzip, 'gzip', 5000, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('maxBytes is 100000'),
    });
    const bomb = zstdCompressSync(Buffer.alloc(1 << 28));
    const bombs = Buffer.concat(Array.from({ length: 6 }, () => bomb));
    let got = 0;
    const reading = (async () => {
      for await (const chunk of decompress(stream(bombs, 65_536), 'zstd', { subject: 'the bomb' })) got += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(got).toBeLessThan(1.3 * 2 ** 30);
  });

  it('passes on what its source throws, and ends the source when nobody reads on', async () => {
    let ended = false;
    async function* source() {
      try {
        yield gzip.subarray(0, 60_000);
        yield gzip.subarray(60_000);
      } finally {
        ended = true;
      }
    }
    for await (const chunk of decompress(source(), 'gzip', { subject: 'x' })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(true);
    async function* failing() {
      yield gzip.subarray(0, 1000);
      throw new Error('line cut');
    }
    const read = async () => {
      for await (const chunk of decompress(failing(), 'gzip', { subject: 'x' })) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow('line cut');
  });

  it('knows what archives begin with', () => {
    expect(detectCompression(Buffer.from('BZh91AY'))).toBe('bzip2');
    expect(detectCompression(Buffer.from('\xfd7zXZ\0', 'latin1'))).toBe('xz');
    expect(detectCompression(Buffer.from('ustar'))).toBe('none');
    expect(detectCompression(Buffer.alloc(0))).toBe('none');
  });
});
