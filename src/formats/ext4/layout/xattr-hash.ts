/** `hash` of an attribute entry (kernel xattr.c, ext4_xattr_hash_entry): name bytes, then the value's words. */
export function xattrEntryHash(name: Uint8Array, valueWords: Iterable<number>): number {
  let hash = 0;
  for (const byte of name) hash = (hash << 5) ^ (hash >>> 27) ^ byte;
  for (const word of valueWords) hash = mixWord(hash, word);
  return hash >>> 0;
}

/** The little-endian words of a value, padded with zeros. */
export function* wordsOfValue(value: Uint8Array): Generator<number> {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const whole = value.length & ~3;
  for (let at = 0; at < whole; at += 4) yield view.getUint32(at, true);
  if (whole === value.length) return;
  let last = 0;
  for (let at = whole; at < value.length; at++) last |= view.getUint8(at) << (8 * (at - whole));
  yield last >>> 0;
}

/** `hash` of an attribute block's header, from the hashes of its entries; 0 if one of them is 0. */
export function xattrBlockHash(entryHashes: readonly number[]): number {
  if (entryHashes.includes(0)) return 0;
  let hash = 0;
  for (const entryHash of entryHashes) hash = mixWord(hash, entryHash);
  return hash >>> 0;
}

function mixWord(hash: number, word: number): number {
  return (hash << 16) ^ (hash >>> 16) ^ word;
}
