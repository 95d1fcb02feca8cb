import type { ErrorCode } from '../../base/errors/codes.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { SourceText } from './tree.ts';

export interface FaultOptions {
  readonly hint?: string | undefined;
  /** The very words at fault, within or near the range that is blamed. */
  readonly focus?: SourceRange | undefined;
  readonly cause?: unknown;
}

/**
 * An error that blames lines of a Dockerfile. `blamed` is what BuildKit would blame, the whole instruction as a rule, so
 * that tools see the same lines; `focus` shows people the words.
 */
export function fault(
  code: ErrorCode,
  message: string,
  source: SourceText,
  blamed: SourceRange,
  options: FaultOptions = {},
): FirekilnError {
  return new FirekilnError(code, message, {
    hint: options.hint,
    cause: options.cause,
    source: { file: source.file, text: source.text, ranges: [blamed], focus: options.focus },
  });
}
