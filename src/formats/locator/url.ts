/** A URL taken apart as Go's net/url does it, on which docker's reading of locators rests. */
export interface ParsedUrl {
  /** In lower case; empty if there is none. */
  readonly scheme: string;
  /** User and host as they are written in normal form: `user:password@host:port`. */
  readonly authority: string;
  /** With its escapes resolved. */
  readonly path: string;
  /** In normal form. */
  readonly escapedPath: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** With its escapes resolved. */
  readonly fragment: string;
}

/** Undefined for what is no URL. */
export function parseUrl(text: string): ParsedUrl | undefined {
  const [whole, fragmentText] = cut(text, '#');
  if (/\p{Cc}/u.test(whole.replace(/[\u0080-\u009f]/g, ''))) return undefined;
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s.exec(whole);
  if (match === null) return undefined;
  const [, scheme = '', authority, path = '', query = ''] = match;
  const decodedPath = decode(path);
  const fragment = decode(fragmentText);
  const normalAuthority = authority === undefined ? '' : normalizeAuthority(authority);
  if (decodedPath === undefined || fragment === undefined || normalAuthority === undefined) return undefined;
  return {
    scheme: scheme.toLowerCase(),
    authority: normalAuthority,
    path: decodedPath,
    escapedPath: validPath.test(path) ? path : encode(decodedPath, pathSafe),
    query: parseQuery(query).query,
    fragment,
  };
}

const pathSafe = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const validPath = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/;
const userSafe = /[A-Za-z0-9\-_.~$&+,;=]/;
const hostSafe = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/;

function normalizeAuthority(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  const host = normalizeHost(authority.slice(at + 1));
  if (host === undefined) return undefined;
  if (at < 0) return host;
  const user = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return undefined;
  const colon = user.indexOf(':');
  const name = decode(colon < 0 ? user : user.slice(0, colon));
  const password = decode(colon < 0 ? '' : user.slice(colon + 1));
  if (name === undefined || password === undefined) return undefined;
  return `${encode(name, userSafe)}${colon < 0 ? '' : `:${encode(password, userSafe)}`}@${host}`;
}

function normalizeHost(host: string): string | undefined {
  const port = host.startsWith('[') ? /^\[[^\]]*\](.*)$/s.exec(host)?.[1] : (/:[^:]*$/s.exec(host)?.[0] ?? '');
  if (port === undefined || !/^(?::[0-9]*)?$/.test(port) || /.\[|^[^[]*:.*:/s.test(host)) return undefined;
  for (const char of host) if (char < '\x80' && char !== '%' && !hostSafe.test(char)) return undefined;
  // An escape in a host may stand for a byte of a character beyond ASCII only.
  if (/%(?![89A-Fa-f][0-9A-Fa-f])/.test(host)) return undefined;
  const decoded = decode(host);
  return decoded === undefined ? undefined : encode(decoded, hostSafe);
}

/** The values of each name. Pairs that are escaped wrongly or have a `;` are left out. */
export function parseQuery(text: string): {
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly isWrong: boolean;
} {
  const query = new Map<string, string[]>();
  let isWrong = false;
  for (const part of text.split('&')) {
    if (part === '') continue;
    const [rawName, rawValue] = cut(part, '=');
    const name = decode(rawName.replaceAll('+', ' '));
    const value = decode(rawValue.replaceAll('+', ' '));
    if (part.includes(';') || name === undefined || value === undefined) {
      isWrong = true;
      continue;
    }
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return { query, isWrong };
}

export function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Undefined for a `%` that does not start an escape. */
function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const resolved = bytes.replace(/%(..)/gs, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(resolved, 'latin1').toString('utf8');
}

function encode(text: string, safe: RegExp): string {
  let encoded = '';
  for (const char of text) {
    if (char < '\x80' && safe.test(char)) encoded += char;
    else for (const byte of Buffer.from(char)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
