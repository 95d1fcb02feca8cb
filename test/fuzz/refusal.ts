import { type FirekilnError, isFirekilnError } from '../../src/base/errors/firekiln-error.ts';

/** What `run` gives, or with what it refuses its input; throws what is neither. */
export function resultOrRefusal<T>(run: () => T): { readonly value: T } | { readonly refusal: FirekilnError } {
  try {
    return { value: run() };
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    return { refusal: error };
  }
}

/** Throws a finding unless both are equal. */
export function expectSame(what: string, one: unknown, other: unknown): void {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  if (first !== second) throw new Error(`${what}: ${first?.slice(0, 300)} and ${second?.slice(0, 300)}`);
}
