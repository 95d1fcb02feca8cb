const space = 0x20;
const zero = 0x30;
const seven = 0x37;

/**
 * A number field: octal digits among spaces and NULs, or GNU's base 256 (first byte 0x80 or above: two's complement
 * below its top bit). Undefined if it is neither, or beyond 2^53-1.
 */
export function parseTarNumber(block: Uint8Array, start: number, length: number): number | undefined {
  const end = start + length;
  if ((block[start] ?? 0) >= 0x80) return parseBase256(block, start, end);
  let at = start;
  while (at < end && (block[at] === space || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] as number;
    if (byte < zero || byte > seven) {
      if (byte === 0 || byte === space) break;
      return undefined;
    }
    value = value * 8 + (byte - zero);
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function parseBase256(block: Uint8Array, start: number, end: number): number | undefined {
  const negative = ((block[start] ?? 0) & 0x40) !== 0;
  const flip = negative ? 0xff : 0;
  // The top bit only marks the encoding; the one below it is the sign.
  let value = ((block[start] ?? 0) ^ flip) & 0x7f;
  for (let at = start + 1; at < end; at++) {
    value = value * 256 + ((block[at] ?? 0) ^ flip);
    if (value > Number.MAX_SAFE_INTEGER - 1) return undefined;
  }
  return negative ? -value - 1 : value;
}

/** A whole decimal number of a PAX record; undefined if it is none, or beyond 2^53-1. */
export function parseDecimal(text: string): number | undefined {
  if (!/^-?[0-9]{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A time of a PAX record: seconds with a fraction, of either sign. Digits beyond nanoseconds are cut off. */
export function parsePaxTime(text: string): { readonly sec: number; readonly nsec: number } | undefined {
  const match = /^(-?)([0-9]{0,16})(?:\.([0-9]*))?$/.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined;
  const sec = Number(match[2] ?? '0');
  const nsec = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] !== '-') return { sec, nsec };
  return nsec === 0 ? { sec: sec === 0 ? 0 : -sec, nsec } : { sec: -sec - 1, nsec: 1_000_000_000 - nsec };
}
