import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { decompressStream } from '../../../src/images/decompress-stream.ts';
import { inChunks, someBytes } from '../../support/bytes.ts';
import { describeWithTools } from '../../support/tools.ts';

const data = Buffer.concat([someBytes(300_000), Buffer.alloc(3_000_000, 'ab')]);

async function* stream(bytes: Uint8Array) {
  yield* inChunks(bytes, 50_000);
}

async function unpack(bytes: Uint8Array, limits = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompressStream(stream(bytes), { subject: 'it', limits })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const packed = async (command: string) =>
  (await runProcess(command, { args: ['-c'], stdin: data, maxOutputBytes: 1 << 24 })).stdout;

describeWithTools(['xz', 'bzip2'], 'streams whose first bytes say what they are', () => {
  it('are unpacked, by programs where Node can not', async () => {
    const all = [data, gzipSync(data), zstdCompressSync(data), await packed('xz'), await packed('bzip2')];
    for (const bytes of all) expect((await unpack(bytes)).equals(data)).toBe(true);
    expect(await unpack(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it.each(['xz', 'bzip2'])('%s: damage, a cut and a ceiling are errors, and the program is gone', async (command) => {
    const bytes = await packed(command);
    const damaged = Buffer.from(bytes);
    damaged.fill(0, 100_000, 100_100);
    await expect(unpack(damaged)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    await expect(unpack(bytes.subarray(0, -20))).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    await expect(unpack(bytes, { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    async function* failing() {
      yield bytes.subarray(0, 1000);
      throw new Error('line cut');
    }
    const read = async () => {
      for await (const chunk of decompressStream(failing(), { subject: 'it' })) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow('line cut');
  });
});
