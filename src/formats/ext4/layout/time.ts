const twoTo32 = 2 ** 32;

/** Seconds that an inode with extra fields can hold: 1901-12-13 to 2446-05-10. */
export const minTime = -(2 ** 31);
export const maxTime = minTime + 2 ** 34 - 1;

/**
 * Seconds, [from, to), that the kernel reads as they are (2310 to 2378), but that e2fsck takes for times before 1970
 * written by old kernels and would change.
 */
export const doubtedTimes = { from: 3 * twoTo32 - 2 ** 31, to: 3 * twoTo32 } as const;

/** The `*time_extra` field: two bits that extend the seconds, 30 bits of nanoseconds (kernel ext4.h, ext4_encode_extra_time). */
export function encodeExtraTime(seconds: number, nanoseconds: number): number {
  const epoch = Math.floor((seconds - minTime) / twoTo32) & 3;
  return ((nanoseconds << 2) | epoch) >>> 0;
}

/** Seconds of a field and its extra field; pass 0 as `extra` where the inode has none. */
export function decodeSeconds(field: number, extra: number): number {
  return (field | 0) + (extra & 3) * twoTo32;
}

export function decodeNanoseconds(extra: number): number {
  return extra >>> 2;
}
