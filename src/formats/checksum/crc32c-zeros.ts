import { crc32c } from './crc32c.ts';

/** A function that gives the state of {@link crc32c} after `count` further zero bytes, in four look-ups. */
export function crc32cZeros(count: number): (crc: number) => number {
  const zeros = new DataView(new ArrayBuffer(count));
  const table = new Int32Array(4 * 256);
  for (let index = 0; index < table.length; index++) {
    table[index] = crc32c((index & 0xff) << (8 * (index >>> 8)), zeros);
  }
  return (crc) =>
    (table[crc & 0xff] as number) ^
    (table[0x100 | ((crc >>> 8) & 0xff)] as number) ^
    (table[0x200 | ((crc >>> 16) & 0xff)] as number) ^
    (table[0x300 | (crc >>> 24)] as number);
}
