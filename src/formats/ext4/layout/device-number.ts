/** What fits is stored in the first word of the inode's block area as 8:8 bits; else in the second as 12:20 bits. */
export interface EncodedDevice {
  readonly word0: number;
  readonly word1: number;
}

/** Largest numbers that the 32-bit encoding holds. */
export const maxDeviceMajor = 0xfff;
export const maxDeviceMinor = 0xfffff;

/** As kernel kdev_t.h, old_encode_dev and new_encode_dev. */
export function encodeDevice(major: number, minor: number): EncodedDevice {
  if (major < 256 && minor < 256) return { word0: (major << 8) | minor, word1: 0 };
  return { word0: 0, word1: ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0 };
}

export function decodeDevice(word0: number, word1: number): { readonly major: number; readonly minor: number } {
  if (word0 !== 0) return { major: (word0 >>> 8) & 0xff, minor: word0 & 0xff };
  return { major: (word1 >>> 8) & 0xfff, minor: (word1 & 0xff) | ((word1 >>> 12) & 0xfff00) };
}
