/** Bytes of one extended header, as in Go's archive/tar: attributes of 64 KiB fit, a bomb doesn't. */
export const maxPaxBytes = 1024 * 1024;

/** Bytes of a GNU long name or link target; what unpacks a layer takes no path above 4095. */
export const maxLongNameBytes = 65_536;

/** Headers of one archive; at 512 bytes each, 4 GiB of nothing but headers. */
export const maxTarMembers = 8_388_608;

/** Pieces of data of one sparse file; what Go's archive/tar takes is a little less. */
export const maxSparseExtents = 262_144;

/** Pieces of data of all sparse files of an archive, each 40 bytes of memory in the worst case. */
export const maxSparseExtentsTotal = 1_048_576;

/** Magnitude of a time in seconds: 140 million years. */
export const maxTimeSeconds = 2 ** 52 - 1;
