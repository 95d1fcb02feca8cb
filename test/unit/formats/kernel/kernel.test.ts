import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { runProcess } from '../../../../src/base/process.ts';
import type { KernelPacking } from '../../../../src/formats/kernel/kernel-image.ts';
import { decodeLz4Legacy } from '../../../../src/formats/kernel/lz4-legacy.ts';
import { unpackKernel } from '../../../../src/formats/kernel/unpack-kernel.ts';

/** A file of the shape of a bzImage around a packed payload (boot.rst). */
function bzImage(packed: Buffer, unpackedSize: number, change: (image: Buffer) => void = () => {}): Buffer {
  const setup = Buffer.alloc(5 * 512);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(unpackedSize);
  setup[0x1f1] = 4;
  setup.write('HdrS', 0x202);
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt32LE(16, 0x248);
  setup.writeUInt32LE(packed.length + 4, 0x24c);
  const image = Buffer.concat([setup, Buffer.alloc(16, 0x90), packed, size, Buffer.alloc(300, 0xcc)]);
  change(image);
  return image;
}

const tool = async (name: string, args: string[], input: Buffer) =>
  (await runProcess(name, { args, stdin: input, maxOutputBytes: 1 << 28 })).stdout;
const elf = Buffer.concat([
  Buffer.from('\x7fELF\x02\x01\x01'),
  Buffer.alloc(80),
  Buffer.from('kernel text '.repeat(1e6)),
]);
const noTool = () => Promise.reject(new Error('not to be called'));

describe('unpackKernel', () => {
  const packers: Record<Exclude<KernelPacking, 'lzo'>, () => Promise<Buffer>> = {
    none: async () => elf,
    gzip: async () => await tool('gzip', ['-n', '-9', '-c'], elf),
    // As the kernel's build does (scripts/Makefile.lib, cmd_zstd22).
    zstd: async () => await tool('zstd', ['-q', '-22', '--ultra', '-c'], elf),
    lz4: async () => await tool('lz4', ['-l', '-c'], elf),
    xz: async () => await tool('xz', ['-c', '--check=crc32'], elf),
    lzma: async () => await tool('xz', ['-c', '--format=lzma'], elf),
    bzip2: async () => await tool('bzip2', ['-c'], elf),
  };
  it.each(Object.entries(packers))('%s', async (packing, pack) => {
    const unpack = async (which: KernelPacking, packed: Buffer) => {
      expect(which).toBe(packing);
      return await tool(which === 'bzip2' ? 'bzip2' : 'xz', ['-dc'], packed);
    };
    expect((await unpackKernel(bzImage(await pack(), elf.length), 'k', unpack)).equals(elf)).toBe(true);
  });

  it('takes an ELF kernel as it is', async () => {
    expect((await unpackKernel(elf, 'k', noTool)).equals(elf)).toBe(true);
  });

  it.each<[string, Buffer, RegExp]>([
    ['a text file', Buffer.alloc(5000, 'text'), /neither an ELF header nor the boot header/],
    ['an old protocol', bzImage(gzipSync(elf), 0, (i) => i.writeUInt16LE(0x207, 0x206)), /older than 2.08/],
    ['a payload outside', bzImage(gzipSync(elf), 0, (i) => i.writeUInt32LE(0x7fffffff, 0x24c)), /outside the file/],
    ['an unknown packing', bzImage(Buffer.alloc(100, 7), 0), /unknown bytes 0707/],
    ['no kernel inside', bzImage(gzipSync(Buffer.from('hello')), 5), /not an ELF kernel/],
    ['damage', bzImage(gzipSync(elf).fill(0, 2000, 3000), 5), /damaged/],
  ])('refuses %s', async (_, image, message) => {
    await expect(unpackKernel(image, 'k', noTool)).rejects.toMatchObject({
      code: 'KERNEL_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('decodeLz4Legacy', () => {
  it('reads what lz4(1) wrote, across blocks', async () => {
    const data = Buffer.alloc(20 << 20);
    for (let i = 0; i < data.length; i += 3) data[i] = (i * i) >> 5;
    expect(decodeLz4Legacy(await tool('lz4', ['-l', '-c'], data), 1 << 26).equals(data)).toBe(true);
  });

  it('stops at the ceiling', async () => {
    const packed = await tool('lz4', ['-l', '-c'], Buffer.alloc(32 << 20));
    expect(() => decodeLz4Legacy(packed, 1 << 20)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  it('answers any bytes with data or a FirekilnError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        const head = Buffer.from([2, 0x21, 0x4c, 0x18, body.length & 255, body.length >> 8, 0, 0]);
        try {
          decodeLz4Legacy(Buffer.concat([head, body]), 1 << 24);
        } catch (error) {
          expect(error).toBeInstanceOf(FirekilnError);
        }
      }),
    );
  });
});
