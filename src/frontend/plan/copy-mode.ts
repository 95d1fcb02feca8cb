import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseSymbolicMode } from '../../formats/chmod/symbolic-mode.ts';
import type { CopyMode } from '../../graph/node.ts';

/** Of `--chmod`. Throws CHMOD_INVALID. */
export function readCopyMode(text: string): CopyMode {
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    return { type: 'octal', mode: Number.parseInt(text, 8) };
  }
  if (/^\d/.test(text)) {
    throw new FirekilnError('CHMOD_INVALID', `--chmod=${text} is not a file mode`, {
      hint: 'Write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX.',
    });
  }
  parseSymbolicMode(text);
  return { type: 'symbolic', text };
}
