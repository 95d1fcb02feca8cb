import type { RandomAccess } from './random-access.ts';

/** A part of something as if it were all; what lies beyond the end of `whole` is cut off. */
export function windowAccess(whole: RandomAccess, start: number, size: number): RandomAccess {
  const length = Math.max(0, Math.min(size, whole.size - start));
  return {
    size: length,
    read(target, position) {
      const count = Math.max(0, Math.min(target.length, length - position));
      return whole.read(target.subarray(0, count), start + position);
    },
  };
}
