import type { InodeMeta } from './entry.ts';

/** True if two files have the same extended attributes; those that have none may say so either way. */
export function haveSameAttributes(a: InodeMeta['xattrs'], b: InodeMeta['xattrs']): boolean {
  if ((a?.size ?? 0) !== (b?.size ?? 0)) return false;
  for (const [name, value] of a ?? []) {
    const other = b?.get(name);
    if (other === undefined || Buffer.compare(value, other) !== 0) return false;
  }
  return true;
}
