import type { CodeInfo } from './code-info.ts';

/** Bytes that do not have the format they claim. */
export const formatCodes = {
  DIGEST_INVALID: {
    meaning: 'A digest does not have the form sha256:<64 hexadecimal digits>.',
    wayOut: 'Check the place that the message names.',
  },
  PATTERN_INVALID: {
    meaning:
      'A pattern of an ignore file, of --exclude or of a COPY source has a bracket or backslash that means nothing.',
    wayOut: 'Close the bracket, or write a backslash before a character that is to mean itself.',
  },
  CHMOD_INVALID: {
    meaning: 'A file mode is neither octal nor a symbolic mode as chmod takes it.',
    wayOut: 'Write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX.',
  },
  TAR_INVALID: {
    meaning: 'An archive is damaged, or holds something that no file system layer can hold.',
    wayOut: 'The message names the entry and its place in bytes. Make or fetch the archive again.',
  },
  TAR_INPUT_CHANGED: {
    meaning: 'A file became longer or shorter while it was read into an archive.',
    wayOut: 'Run the command again when nothing writes to the file.',
  },
  LAYER_LINK_BROKEN: {
    meaning: 'A layer has a hard link to a file that neither it nor a layer below it holds.',
    wayOut: 'The image is broken: build it again with the tool that made it.',
  },
  LAYER_INDEX_DAMAGED: {
    meaning: 'The index of a layer does not have the content that was written.',
    wayOut: 'Nothing is lost: the index is made again from the layer. If it happens again, check the disk.',
  },
  LAYER_INDEX_VERSION: {
    meaning: 'The index of a layer was written by another version of Firekiln in a form that this one does not read.',
    wayOut: 'Nothing is lost: the index is made again from the layer.',
  },
  COMPRESSION_INVALID: {
    meaning: 'Compressed data is damaged, cut short, or followed by something else.',
    wayOut: 'Make or fetch the file again.',
  },
  EXT4_LIMIT: {
    meaning: "An image holds something that an ext4 file system can't hold, such as a name of more than 255 bytes.",
    wayOut: 'The message names the path and the limit: change or leave out that file.',
  },
  EXT4_TOO_SMALL: {
    meaning: 'The size that was asked for an ext4 image is smaller than its content needs.',
    wayOut: 'The message says how much is needed: ask for that size or more.',
  },
  CPIO_INVALID: {
    meaning: 'A file can not be put into an initramfs archive: its path, size or owner does not fit the format.',
    wayOut: 'The message names the file and the value.',
  },
  ELF_INVALID: {
    meaning: 'A program, library or kernel module is not a 64-bit ELF file, or is damaged.',
    wayOut: 'Fetch it again: `firekiln setup appliance` and `firekiln setup kernel` do.',
  },
  KERNEL_INVALID: {
    meaning: 'A file is not a kernel for x86, or is damaged, or is packed in an unknown way.',
    wayOut: 'Name a bzImage (vmlinuz) or an ELF kernel (vmlinux); `firekiln setup kernel` fetches one that works.',
  },
  ZIP_INVALID: {
    meaning: 'A zip archive, such as a Python wheel, is damaged or of a kind that Firekiln does not read.',
    wayOut: 'Fetch the archive again; the message says what is wrong with it.',
  },
} satisfies Record<string, CodeInfo>;
