import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** A wrong value of `--mount` or `--device`; the caller adds the place. */
export function optionFault(message: string, hint?: string): FirekilnError {
  return new FirekilnError('DOCKERFILE_INSTRUCTION', message, { hint });
}

export function mountFault(message: string, hint?: string): FirekilnError {
  return optionFault(`RUN --mount ${message}`, hint);
}
