import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** A word that can't be expanded; the caller, who knows where the word is, adds the place. */
export function expansionError(message: string, hint?: string): FirekilnError {
  return new FirekilnError('DOCKERFILE_EXPANSION', message, { hint });
}
