import { cleanPath } from '../patterns/clean-path.ts';
import { applyQuery } from './git-query.ts';
import { cut, type ParsedUrl, parseQuery, parseUrl } from './url.ts';

/** A git repository and what of it is wanted, as docker writes it: `https://host/repo.git#ref:subdir`. */
export interface GitReference {
  /** What git is given: a URL, or `user@host:path`. */
  readonly remote: string;
  /** The last part of the remote, without `.git`. */
  readonly shortName: string;
  /** A branch, a tag or a commit. */
  readonly ref?: string;
  /** The commit that `ref` must lead to, or the start of its id. */
  readonly checksum?: string;
  /** A folder in the repository. */
  readonly subdir?: string;
  /** `github.com/...`: a folder of the host could have that name, and if there is one it is meant. */
  readonly looksLocal: boolean;
  /** Goes over the wire in the clear. */
  readonly isUnencrypted: boolean;
  readonly keepGitDir?: boolean;
  readonly submodules?: boolean;
  /** Where the times of files come from. */
  readonly mtime?: 'checkout' | 'commit';
  /** `checksum` is fetched itself, instead of being compared with what the remote's `ref` is. */
  readonly fetchByCommit: boolean;
}

export type GitReferenceDraft = { -readonly [Key in keyof GitReference]: GitReference[Key] };

/**
 * Reads a git reference in docker's forms (moby/buildkit, frontend/dockerfile/dfgitutil). Undefined if the text is none;
 * throws LOCATOR_INVALID if it is one with a wrong query.
 */
export function parseGitReference(text: string): GitReference | undefined {
  if (text.startsWith('./') || text.startsWith('../')) return undefined;
  const source = readGithub(text) ?? readUrl(text) ?? readScp(text);
  if (source === undefined) return undefined;
  const [ref, subdir] = cut(source.fragment, ':');
  const draft: GitReferenceDraft = {
    remote: source.remote,
    shortName: source.remote.slice(source.remote.lastIndexOf('/') + 1).replace(/\.git$/, ''),
    looksLocal: source.looksLocal ?? false,
    isUnencrypted: source.isUnencrypted ?? false,
    fetchByCommit: false,
  };
  if (ref !== '') draft.ref = ref;
  const folder = cleanPath(`/${subdir}`).slice(1);
  if (folder !== '') draft.subdir = folder;
  applyQuery(draft, source.query, text);
  return draft;
}

interface GitSource {
  readonly remote: string;
  readonly query: ParsedUrl['query'];
  readonly fragment: string;
  readonly looksLocal?: boolean;
  readonly isUnencrypted?: boolean;
}

function readGithub(text: string): GitSource | undefined {
  if (!text.startsWith('github.com/')) return undefined;
  const url = parseUrl(text);
  return url && { remote: url.escapedPath, query: url.query, fragment: url.fragment, looksLocal: true };
}

function readUrl(text: string): GitSource | undefined {
  const scheme = /^([a-zA-Z0-9]+):\/\//.exec(text)?.[1]?.toLowerCase() ?? '';
  if (!['http', 'https', 'ssh', 'git'].includes(scheme)) return undefined;
  const url = parseUrl(text);
  if (url === undefined || url.authority === '') return undefined;
  // Over HTTP only this tells a repository from a file.
  if (scheme.startsWith('http') && !url.path.endsWith('.git')) return undefined;
  return {
    remote: `${scheme}://${url.authority}${url.escapedPath}`,
    query: url.query,
    fragment: url.fragment,
    isUnencrypted: scheme === 'http' || scheme === 'git',
  };
}

/** `git@host:path?query#fragment`, of which nothing is escaped. */
function readScp(text: string): GitSource | undefined {
  const match = /^([a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:[^\n]*?)(?:\?([^\n]*?))?(?:#([^\n]*))?$/.exec(text);
  const { query, isWrong } = parseQuery(match?.[2] ?? '');
  return match === null || isWrong ? undefined : { remote: match[1] ?? '', query, fragment: match[3] ?? '' };
}

/** The reference in the short form `remote#ref:subdir`; the text itself if it is none. */
export function formatGitReference(text: string, { withSubdir = true } = {}): string {
  let reference: GitReference | undefined;
  try {
    reference = parseGitReference(text);
  } catch {
    return text;
  }
  if (reference === undefined) return text;
  const subdir = withSubdir ? cleanPath(`/${reference.subdir ?? ''}`).slice(1) : '';
  const fragment = `${reference.ref ?? ''}${subdir === '' ? '' : `:${subdir}`}`;
  return fragment === '' ? reference.remote : `${reference.remote}#${fragment}`;
}
