import { type ByteString, textOf } from '../../../base/byte-string.ts';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';

/** EXT4_LIMIT: an entry that ext4 can't hold; `what` goes on after the path. */
export function ext4LimitError(path: ByteString, what: string): FirekilnError {
  return new FirekilnError('EXT4_LIMIT', `/${textOf(path)}: ${what}`);
}
