const minId = -(2 ** 31);
const maxId = 2 ** 31 - 1;

/**
 * The id that one half of an owner says, as BuildKit reads it: `root` or a 32-bit number with or without a sign; undefined for
 * everything else, which is a name. -1 leaves the owner as it is for chown(2), and that is 0 for what was just made.
 */
export function ownerId(text: string): number | undefined {
  if (text === 'root') return 0;
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const id = Number(text);
  if (id < minId || id > maxId) return undefined;
  return id === -1 ? 0 : id >>> 0;
}

/** True if an owner `user[:group]` can be told without looking names up. */
export function isNumericOwner(text: string): boolean {
  const colon = text.indexOf(':');
  const parts = colon === -1 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
  return parts.every((part) => part === '' || ownerId(part) !== undefined);
}
