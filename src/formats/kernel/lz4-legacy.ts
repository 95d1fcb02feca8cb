import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Every block of the legacy format holds this much, the last one less. */
const blockBytes = 8 << 20;
export const lz4LegacyMagic = 0x184c2102;

/**
 * Decodes the legacy LZ4 frame in which kernels are packed (lz4_Frame_format.md, "Legacy frame"; lz4_Block_format.md).
 * Throws KERNEL_INVALID, and LIMIT_EXCEEDED above
 * `maxBytes`.
 */
export function decodeLz4Legacy(input: Uint8Array, maxBytes: number): Buffer {
  const source = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (source.length < 4 || source.readUInt32LE(0) !== lz4LegacyMagic) throw damaged('the LZ4 magic is missing');
  const blocks: Buffer[] = [];
  let total = 0;
  let at = 4;
  while (at + 4 <= source.length) {
    const size = source.readUInt32LE(at);
    if (size === lz4LegacyMagic) {
      at += 4;
      continue;
    }
    if (size === 0 || at + 4 + size > source.length) {
      throw damaged(`an LZ4 block at ${at} has the impossible size ${size}`);
    }
    const block = decodeBlock(source.subarray(at + 4, at + 4 + size));
    total += block.length;
    if (total > maxBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `the kernel unpacks to more than ${maxBytes} bytes`);
    }
    blocks.push(block);
    at += 4 + size;
  }
  return Buffer.concat(blocks, total);
}

function decodeBlock(source: Buffer): Buffer {
  const target = Buffer.allocUnsafe(blockBytes);
  let from = 0;
  let to = 0;
  const extended = (start: number): number => {
    if (start < 15) return start;
    let length = start;
    for (;;) {
      const byte = source[from++];
      if (byte === undefined) throw damaged('an LZ4 length runs out of its block');
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (from < source.length) {
    const token = source[from++] ?? 0;
    const literals = extended(token >> 4);
    if (from + literals > source.length || to + literals > blockBytes) throw damaged('LZ4 literals leave their block');
    source.copy(target, to, from, from + literals);
    from += literals;
    to += literals;
    if (from === source.length) break;
    if (from + 2 > source.length) throw damaged('an LZ4 offset is cut off');
    const distance = source.readUInt16LE(from);
    from += 2;
    const length = extended(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > blockBytes) throw damaged('an LZ4 match leaves its block');
    if (distance >= length) target.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i++) target[to + i] = target[to + i - distance] ?? 0;
    to += length;
  }
  return target.subarray(0, to);
}

function damaged(why: string): FirekilnError {
  return new FirekilnError('KERNEL_INVALID', `the packed kernel is damaged: ${why}`);
}
