declare const byteStringBrand: unique symbol;

/**
 * Bytes as a string: every char is one byte (0-255). Paths, link targets and xattr names of images are bytes, not
 * text; as one-byte strings they compare (`<`) in byte order, serve as map keys, concatenate and cost what bytes cost.
 */
export type ByteString = string & { readonly [byteStringBrand]: true };

export function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as ByteString;
}

/** The UTF-8 bytes of a text. */
export function byteStringFromText(text: string): ByteString {
  // Pure ASCII, the common case, is its own byte string.
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
  }
  return text as ByteString;
}

export function bytesOf(value: ByteString): Buffer {
  return Buffer.from(value, 'latin1');
}

/** The text for people and JSON: UTF-8 where the bytes are UTF-8, U+FFFD where they are not. */
export function textOf(value: ByteString): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) return Buffer.from(value, 'latin1').toString('utf8');
  }
  return value;
}

/** Joins byte strings with a separator that is itself ASCII. */
export function joinBytes(parts: readonly ByteString[], separator: string): ByteString {
  return parts.join(separator) as ByteString;
}

export function sliceBytes(value: ByteString, start: number, end?: number): ByteString {
  return value.slice(start, end) as ByteString;
}

export const emptyByteString = '' as ByteString;
