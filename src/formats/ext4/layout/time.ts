const twoTo32 = 2 ** 32;

/** Seconds that an inode with extra fields can hold: 1901-12-13 to 2446-05-10. */
export const minTime = -(2 ** 31);
export const maxTime = minTime + 2 ** 34 - 1;

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
