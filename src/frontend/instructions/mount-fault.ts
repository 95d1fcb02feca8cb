import { FirekilnError } from '../../base/errors/firekiln-error.ts';

export interface OptionFaultOptions {
  readonly hint?: string | undefined;
  /** The words at fault, see {@link FirekilnError.about}. */
  readonly about?: readonly string[] | undefined;
}

/** A wrong value of `--mount` or `--device`; the caller adds the place. */
export function optionFault(message: string, options: OptionFaultOptions = {}): FirekilnError {
  return new FirekilnError('DOCKERFILE_INSTRUCTION', message, options);
}

export function mountFault(message: string, options: OptionFaultOptions = {}): FirekilnError {
  return optionFault(`RUN --mount ${message}`, options);
}
