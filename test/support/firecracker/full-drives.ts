/** Drives that the bed has with --full only, in the order of scripts/test-bed/full-drives.ts. */
export const fullDrives = {
  /** A tar: the Debian 12 that its recipe starts from, with the packages of the recipe. */
  debianTar: '/dev/vde',
  /** An ext4 file system: Alpine. */
  alpine: '/dev/vdf',
  /** A kernel without initramfs support; absent where it could not be compiled. */
  leanKernel: '/dev/vdg',
};
