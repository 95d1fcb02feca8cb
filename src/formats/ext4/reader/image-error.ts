import { FirekilnError } from '../../../base/errors/firekiln-error.ts';

/** What the image holds can't be: `where` is the place (such as `inode 12`), `what` is wrong there. */
export function corrupt(where: string, what: string): FirekilnError {
  return new FirekilnError('EXT4_CORRUPT', `ext4 image, ${where}: ${what}`);
}

export function wrongChecksum(where: string): FirekilnError {
  return new FirekilnError('EXT4_CHECKSUM', `ext4 image, ${where}: the checksum does not match`);
}

/** `what` is a feature by its name. */
export function unsupported(where: string, what: string): FirekilnError {
  return new FirekilnError('EXT4_UNSUPPORTED', `ext4 image, ${where}: ${what} is not supported`);
}

export function overLimit(where: string, what: string): FirekilnError {
  return new FirekilnError('EXT4_TOO_COMPLEX', `ext4 image, ${where}: ${what}`);
}
