import { FirekilnError } from '../../base/errors/firekiln-error.ts';

export function locatorError(locator: string, why: string, hint?: string): FirekilnError {
  return new FirekilnError('LOCATOR_INVALID', `${withoutPassword(locator)} is no place to build from: ${why}`, {
    hint,
  });
}

/** Passwords in URLs must not reach a terminal or a log. */
export function withoutPassword(locator: string): string {
  return locator.replace(/^([a-zA-Z0-9+.-]+:\/\/[^/?#@:]*):[^/?#]*@/, '$1:***@');
}
