import { type Digest, isDigest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/**
 * The name of an image in its normal form: the domain is always there (`docker.io` by default), `library/` too.
 * Grammar: distribution/reference, as docker and containerd read it. Tag and digest are there only if they were given.
 */
export interface ImageReference {
  /** Host with its port: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** `library/debian`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const defaultDomain = 'docker.io';
export const officialPrefix = 'library/';

/** Of the path; the ceiling of distribution/reference. */
const maxPathLength = 255;
/** Longer texts are refused before any pattern looks at them: domain, path, tag and digest at their longest. */
const maxReferenceLength = 1024;

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

const exampleHint = 'Names look like app, team/app:1.2 or registry.example:5000/team/app:1.2.';

/** Throws REFERENCE_INVALID, saying which part is wrong. */
export function parseReference(text: string): ImageReference {
  const fail = (why: string, hint = exampleHint): FirekilnError =>
    new FirekilnError('REFERENCE_INVALID', `${JSON.stringify(text.slice(0, 200))} is no image name: ${why}`, { hint });
  if (text === '') throw fail('it is empty');
  if (text.length > maxReferenceLength) throw fail(`it is longer than ${maxReferenceLength} characters`);
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw fail('64 hexadecimal digits are an id', `Write sha256:${text} to name the image by its id.`);
  }

  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    throw fail(`${JSON.stringify(digest.slice(0, 100))} is not "sha256:" and 64 lower-case hexadecimal digits`);
  }
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw fail(`the tag ${JSON.stringify(tag)} is not 1 to 128 letters, digits, "_", "." and "-"`);
  }

  const { domain, path } = splitDomain(hasTag ? named.slice(0, colon) : named);
  if (!domainPattern.test(domain)) throw fail(`${JSON.stringify(domain)} is no registry host`);
  if (path.includes(':')) throw fail('":" stands before the tag and before the port of a registry only');
  if (path.length > maxPathLength) throw fail(`its path is longer than ${maxPathLength} characters`);
  if (!pathPattern.test(path)) {
    const lower = path.toLowerCase();
    if (lower !== path && pathPattern.test(lower)) {
      const name = hasTag ? named.slice(0, colon) : named;
      throw fail('names are lower-case', `Did you mean ${name.toLowerCase()}${text.slice(name.length)}?`);
    }
    throw fail(`${JSON.stringify(path)} is not lower-case letters and digits, joined by "/", ".", "_" or "-"`);
  }
  return Object.freeze({
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
}

/** The same with the tag `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: ImageReference): ImageReference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return Object.freeze({ ...reference, tag: 'latest' });
}

/** `docker.io/library/debian:bookworm`; what comparisons and records use. */
export function formatReference(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** `docker.io/library/debian:latest` for `debian`. Throws REFERENCE_INVALID. */
export function canonicalName(text: string): string {
  return formatReference(withDefaultTag(parseReference(text)));
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  if (slash === -1 || !looksLikeDomain(first)) return { domain: defaultDomain, path: withLibrary(name) };
  const path = name.slice(slash + 1);
  if (first === defaultDomain || first === 'index.docker.io') return { domain: defaultDomain, path: withLibrary(path) };
  return { domain: first, path };
}

/** What docker takes for a host rather than for the first part of a path on Docker Hub. */
export function looksLikeDomain(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
}

function withLibrary(path: string): string {
  return path.includes('/') ? path : `${officialPrefix}${path}`;
}

function suffix({ tag, digest }: ImageReference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** True for `host` or `host:port` as references have them. */
export function isDomain(text: string): boolean {
  return domainPattern.test(text);
}
