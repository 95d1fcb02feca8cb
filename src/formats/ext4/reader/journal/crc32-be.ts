const polynomial = 0x04c11db7;
const table = makeTable();

/** CRC-32, most significant bit first, without inversion (the kernel's `crc32_be`): sums of JBD2's first kind. */
export function crc32Be(seed: number, data: Uint8Array): number {
  let crc = seed;
  for (const byte of data) crc = (crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] as number);
  return crc;
}

function makeTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ polynomial : crc << 1;
    return crc;
  });
}
