/** Number of half MD4 in index roots and in the superblock's default (kernel ext4.h, DX_HASH_HALF_MD4). */
export const halfMd4 = 1;

/** How C's `char` counts on the machine that made the file system; the superblock's flags say it. */
export type CharSign = 'signed' | 'unsigned';

/** Hashes at and above this end an index (EXT4_HTREE_EOF_32BIT, shifted). */
const endOfIndex = 0xfffffffe;

const defaultSeed = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
const k2 = 0x5a827999;
const k3 = 0x6ed9eba1;

const state = new Int32Array(4);
const chunk = new Int32Array(8);

/**
 * The hash of a name in an index (kernel hash.c, ext4fs_dirhash with half MD4): 32 bits, the lowest always 0.
 * `seed` is the superblock's hash seed as four little-endian words.
 */
export function directoryHash(
  name: Uint8Array,
  start: number,
  length: number,
  seed: Uint32Array,
  sign: CharSign,
): number {
  state.set(seed.some((word) => word !== 0) ? seed : defaultSeed);
  for (let done = 0; done < length; done += 32) {
    fillChunk(name, start + done, length - done, sign);
    transform();
  }
  const hash = ((state[1] as number) & ~1) >>> 0;
  return hash === endOfIndex ? endOfIndex - 2 : hash;
}

/** As str2hashbuf: big-endian words of at most 32 bytes, the rest padded with the length. */
function fillChunk(name: Uint8Array, start: number, length: number, sign: CharSign): void {
  const pad = Math.imul(length, 0x01010101);
  const used = Math.min(length, 32);
  for (let word = 0; word < 8; word++) {
    let value = pad;
    const end = Math.min(used, word * 4 + 4);
    for (let i = word * 4; i < end; i++) {
      const byte = name[start + i] as number;
      value = ((value << 8) + (sign === 'signed' ? (byte << 24) >> 24 : byte)) | 0;
    }
    chunk[word] = value;
  }
}

function transform(): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  const at = (i: number) => chunk[i] as number;
  for (let i = 0; i < 8; i += 4) {
    a = rotate(a + (d ^ (b & (c ^ d))) + at(i), 3);
    d = rotate(d + (c ^ (a & (b ^ c))) + at(i + 1), 7);
    c = rotate(c + (b ^ (d & (a ^ b))) + at(i + 2), 11);
    b = rotate(b + (a ^ (c & (d ^ a))) + at(i + 3), 19);
  }
  for (let i = 1; i >= 0; i--) {
    a = rotate(a + majority(b, c, d) + at(i) + k2, 3);
    d = rotate(d + majority(a, b, c) + at(i + 2) + k2, 5);
    c = rotate(c + majority(d, a, b) + at(i + 4) + k2, 9);
    b = rotate(b + majority(c, d, a) + at(i + 6) + k2, 13);
  }
  for (let i = 3; i >= 0; i -= 2) {
    // Words 3, 7, 2, 6, then 1, 5, 0, 4.
    a = rotate(a + (b ^ c ^ d) + at(i) + k3, 3);
    d = rotate(d + (a ^ b ^ c) + at(i + 4) + k3, 9);
    c = rotate(c + (d ^ a ^ b) + at(i - 1) + k3, 11);
    b = rotate(b + (c ^ d ^ a) + at(i + 3) + k3, 15);
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}

function majority(x: number, y: number, z: number): number {
  return (x & y) + ((x ^ y) & z);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
