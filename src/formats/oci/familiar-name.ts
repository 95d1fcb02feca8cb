import { defaultDomain, type ImageReference, looksLikeDomain, officialPrefix } from './reference.ts';

/** The shortest text that means the same reference: `debian:bookworm`, `org/app:1`, `ghcr.io/org/app:1`. */
export function familiarName({ domain, path, tag, digest }: ImageReference): string {
  const rest = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  if (domain !== defaultDomain) return `${domain}/${path}${rest}`;
  const short = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : path;
  if (!short.includes('/')) {
    // Without a tag, 64 hexadecimal digits would be read as an id.
    return /^[0-9a-f]{64}$/.test(short + rest) ? path + rest : short + rest;
  }
  // `docker.io/foo.bar/app` without its domain would name the host foo.bar.
  const first = path.slice(0, path.indexOf('/'));
  return looksLikeDomain(first) ? `${domain}/${path}${rest}` : path + rest;
}
