import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Failure } from './messages.ts';

/** An error as the shim tells it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof FirekilnError) {
    const { code, message, hint, details, exitCode } = error;
    return { code, message, hint, details, exitCode };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: undefined, message: text };
}

/** The error that a shim told of; exit status 125 is for everything that is not the entrypoint's own. */
export function errorOf(failure: Failure): Error {
  const { code, message, hint, details, exitCode = 125 } = failure;
  if (code === undefined) return new Error(`in the shim: ${message}`);
  return new FirekilnError(code, message, { hint, details, exitCode });
}
