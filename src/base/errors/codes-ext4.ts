import type { CodeInfo } from './code-info.ts';

/** File system images, and what build steps leave in them. */
export const ext4Codes = {
  EXT4_CORRUPT: {
    meaning: 'An ext4 image contradicts itself: a number, a size or a reference in it cannot be.',
    wayOut: 'If a build step made the image, run the step again; else check the image with `e2fsck -fn`.',
  },
  EXT4_CHECKSUM: {
    meaning: 'A checksum in an ext4 image does not match: the image was damaged or changed by hand.',
    wayOut: 'If a build step made the image, run the step again; else check the image with `e2fsck -fn`.',
  },
  EXT4_UNSUPPORTED: {
    meaning: 'An ext4 image uses a feature that changes what its files mean and that Firekiln does not read.',
    wayOut: 'Make the image without the feature that the message names (`mke2fs -O ^feature`).',
  },
  EXT4_TOO_COMPLEX: {
    meaning:
      'An ext4 image holds more than Firekiln reads of one thing, or its metadata refer to each other without end.',
    wayOut: 'docs/formats/ext4-reader.md lists the ceilings; no image that a Linux kernel wrote should reach one.',
  },
  OVERLAY_UPPER_INVALID: {
    meaning: 'The scratch disk of a build step does not hold what overlayfs would have written there.',
    wayOut: 'Run the step again. If it happens again, the step tampers with its own disk.',
  },
  LAYER_NAME_RESERVED: {
    meaning: "A build step wrote a file whose name begins with '.wh.': in a layer such a name means a deletion.",
    wayOut: 'Give the file another name, or delete it in the same step.',
  },
} satisfies Record<string, CodeInfo>;
