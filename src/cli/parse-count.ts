import { parseByteSize } from '../base/byte-size.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** A whole number of at least `least`. Throws USAGE. */
export function parseCount(flag: string, text: string, least = 0): number {
  if (/^[0-9]{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new FirekilnError('USAGE', `${flag} ${JSON.stringify(text)}: not a whole number from ${least} on`);
}

/** Memory as docker writes it (`512m`, `2g`), in MiB. Throws USAGE. */
export function parseMemory(flag: string, text: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes >= 1024 * 1024) return Math.ceil(bytes / (1024 * 1024));
  throw new FirekilnError('USAGE', `${flag} ${JSON.stringify(text)}: not an amount of memory`, {
    hint: 'Memory is written as 512m or 2g.',
  });
}
