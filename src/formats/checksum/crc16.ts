/** CRC-16 (ANSI, reflected, polynomial 0xA001) as the kernel's `crc16`; start with 0xffff for group descriptors. */
export function crc16(seed: number, data: DataView, start = 0, end = data.byteLength): number {
  let crc = seed;
  for (let at = start; at < end; at++) {
    crc ^= data.getUint8(at);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
