const polynomial = 0x82f63b78;

/** Sixteen tables of 256: table n gives the effect of a byte that n further bytes follow. */
const tables = makeTables();

/**
 * CRC-32C (Castagnoli, reflected) over `data[start, end)` with `seed` as the state before: no inversion at either
 * end, as ext4 and JBD2 use it (the kernel's `crc32c_le`). Start with -1 for a fresh sum. The result is an int32.
 * For the checksum other formats mean by CRC-32C, invert the result: `~crc32c(-1, data)`.
 */
export function crc32c(seed: number, data: DataView, start = 0, end = data.byteLength): number {
  const t = tables;
  let crc = seed;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    const a = data.getInt32(at, true) ^ crc;
    const b = data.getInt32(at + 4, true);
    const c = data.getInt32(at + 8, true);
    const d = data.getInt32(at + 12, true);
    crc =
      look(t, 0xf00 | (a & 0xff)) ^
      look(t, 0xe00 | ((a >>> 8) & 0xff)) ^
      look(t, 0xd00 | ((a >>> 16) & 0xff)) ^
      look(t, 0xc00 | (a >>> 24)) ^
      look(t, 0xb00 | (b & 0xff)) ^
      look(t, 0xa00 | ((b >>> 8) & 0xff)) ^
      look(t, 0x900 | ((b >>> 16) & 0xff)) ^
      look(t, 0x800 | (b >>> 24)) ^
      look(t, 0x700 | (c & 0xff)) ^
      look(t, 0x600 | ((c >>> 8) & 0xff)) ^
      look(t, 0x500 | ((c >>> 16) & 0xff)) ^
      look(t, 0x400 | (c >>> 24)) ^
      look(t, 0x300 | (d & 0xff)) ^
      look(t, 0x200 | ((d >>> 8) & 0xff)) ^
      look(t, 0x100 | ((d >>> 16) & 0xff)) ^
      look(t, d >>> 24);
  }
  for (; at < end; at++) crc = look(t, (crc ^ data.getUint8(at)) & 0xff) ^ (crc >>> 8);
  return crc;
}

/** {@link crc32c} over the four little-endian bytes of one 32-bit value. */
export function crc32cOfUint32(seed: number, value: number): number {
  const x = seed ^ value;
  return (
    look(tables, 0x300 | (x & 0xff)) ^
    look(tables, 0x200 | ((x >>> 8) & 0xff)) ^
    look(tables, 0x100 | ((x >>> 16) & 0xff)) ^
    look(tables, x >>> 24)
  );
}

function look(table: Int32Array, index: number): number {
  return table[index] as number;
}

function makeTables(): Int32Array {
  const made = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const before = look(made, index - 256);
    made[index] = (before >>> 8) ^ look(made, before & 0xff);
  }
  return made;
}
