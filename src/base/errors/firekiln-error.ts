import type { ErrorCode } from './codes.ts';
import type { SourceExcerpt } from './source-excerpt.ts';

export interface FirekilnErrorOptions {
  /** What to do about it; one or two sentences shown on a line of its own. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Where in the user's text the fault lies. */
  readonly source?: SourceExcerpt | undefined;
  /**
   * The words of the user's text at fault, each within the one before, for whoever knows the text and adds the
   * {@link source}.
   */
  readonly about?: readonly string[] | undefined;
  /** Lines of context, such as the end of a console or of a program's error output. */
  readonly details?: readonly string[] | undefined;
  /** Overrides the exit status that the command would use for a failure. */
  readonly exitCode?: number | undefined;
}

/**
 * The one error class for everything a user can meet. The message is a single lower-case sentence that names the
 * object (path, digest, VM id, instruction); anything that is not a FirekilnError is a defect of ours and is shown
 * with its stack.
 */
export class FirekilnError extends Error {
  override readonly name = 'FirekilnError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly source: SourceExcerpt | undefined;
  readonly about: readonly string[];
  readonly details: readonly string[] | undefined;
  readonly exitCode: number | undefined;

  constructor(code: ErrorCode, message: string, options: FirekilnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.source = options.source;
    this.about = options.about ?? [];
    this.details = options.details;
    this.exitCode = options.exitCode;
  }

  /** The same error with a place in the user's text; an error that already has one keeps it. */
  withSource(source: SourceExcerpt): FirekilnError {
    return this.source === undefined ? this.with({ source }) : this;
  }

  /** The same error, about something within these words. */
  within(...words: readonly string[]): FirekilnError {
    return this.with({ about: [...words, ...this.about] });
  }

  /** The same error with a way out; an error that already has one keeps it. */
  withHint(hint: string | undefined): FirekilnError {
    return this.hint === undefined && hint !== undefined ? this.with({ hint }) : this;
  }

  /** The same error but for what is given. */
  with({ message = this.message, ...change }: FirekilnErrorOptions & { readonly message?: string }): FirekilnError {
    const { hint, cause, details, exitCode, source, about } = this;
    return new FirekilnError(this.code, message, { hint, cause, details, exitCode, source, about, ...change });
  }
}

/** Runs `work`; an error of ours is about something {@link FirekilnError.within} these words, or those told of then. */
export function aboutWords<T>(words: readonly string[] | (() => readonly string[]), work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isFirekilnError(error) ? error.within(...(typeof words === 'function' ? words() : words)) : error;
  }
}

/** True for a FirekilnError, of the given code if one is named. */
export function isFirekilnError(error: unknown, code?: ErrorCode): error is FirekilnError {
  return error instanceof FirekilnError && (code === undefined || error.code === code);
}
