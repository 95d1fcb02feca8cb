import { expect, it } from 'vitest';
import { crc16 } from '../../../../src/formats/checksum/crc16.ts';
import { crc32c, crc32cOfUint32 } from '../../../../src/formats/checksum/crc32c.ts';

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

it.each([
  // RFC 3720, section B.4.
  ['32 zero bytes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('CRC-32C of %s', (_, bytes, expected) => {
  expect(~crc32c(-1, view(bytes)) >>> 0).toBe(expected);
});

it('CRC-32C is the same in pieces of any length', () => {
  const bytes = view(Uint8Array.from({ length: 100 }, (_, i) => i * 37));
  const whole = crc32c(-1, bytes);
  for (let cut = 0; cut <= 100; cut++) expect(crc32c(crc32c(-1, bytes, 0, cut), bytes, cut)).toBe(whole);
});

it('CRC-32C of one 32-bit value', () => {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, 0xdeadbeef, true);
  expect(crc32cOfUint32(12345, 0xdeadbeef)).toBe(crc32c(12345, bytes));
});

it('CRC-16 (ARC) of 123456789', () => {
  expect(crc16(0, view(Buffer.from('123456789')))).toBe(0xbb3d);
});
