/** True if two streams give the same bytes, however they are cut; stops at the first difference. */
export async function haveSameBytes(
  a: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  b: Iterable<Uint8Array>,
): Promise<boolean> {
  const others = b[Symbol.iterator]();
  let rest: Uint8Array = new Uint8Array();
  try {
    for await (let piece of a) {
      while (piece.length > 0) {
        if (rest.length === 0) {
          const next = others.next();
          if (next.done) return false;
          rest = next.value;
          continue;
        }
        const length = Math.min(piece.length, rest.length);
        if (Buffer.compare(piece.subarray(0, length), rest.subarray(0, length)) !== 0) return false;
        piece = piece.subarray(length);
        rest = rest.subarray(length);
      }
    }
    if (rest.length > 0) return false;
    for (let next = others.next(); !next.done; next = others.next()) if (next.value.length > 0) return false;
    return true;
  } finally {
    others.return?.();
  }
}
