import { FirekilnError } from '../base/errors/firekiln-error.ts';

const redirects: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Where a response sends us, or undefined if it does not, or if following would mean to send a body again. A step from
 * https down to http throws HTTP_INVALID: what comes over it could be anybody's.
 */
export function redirectTarget(
  response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly url: URL },
  method: string,
  hasBody: boolean,
): URL | undefined {
  if (!redirects.includes(response.status) || hasBody || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const { location } = response.headers;
  if (location === undefined) return undefined;
  const target = URL.canParse(location, response.url.href) ? new URL(location, response.url.href) : undefined;
  if (target === undefined || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
    throw new FirekilnError(
      'HTTP_INVALID',
      `${response.url.host} redirects to ${JSON.stringify(location.slice(0, 200))}`,
    );
  }
  if (response.url.protocol === 'https:' && target.protocol === 'http:') {
    throw new FirekilnError(
      'HTTP_INVALID',
      `${response.url.host} redirects from https to plain http at ${target.host}`,
    );
  }
  target.username = '';
  target.password = '';
  return target;
}
