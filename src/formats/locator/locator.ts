import { cleanPath } from '../patterns/clean-path.ts';
import { type GitReference, parseGitReference } from './git-reference.ts';
import { locatorError } from './locator-error.ts';
import { parseUrl } from './url.ts';

/** Where a Dockerfile and its context are to come from. */
export type Locator =
  | { readonly type: 'stdin' }
  | { readonly type: 'path'; readonly path: string }
  /** A Dockerfile or an archive, which its content tells. */
  | { readonly type: 'http'; readonly url: string }
  | {
      readonly type: 'git';
      readonly reference: GitReference;
      /** In the form `repo.git:/folder/Dockerfile#ref`: its path in the repository. The context is its folder. */
      readonly dockerfile?: string;
    };

const schemes = ['http', 'https', 'git', 'ssh', 'git+http', 'git+https', 'git+ssh'];

/**
 * Reads a locator: a path, `-`, or a URL. Git repositories come in docker's form (`#ref:subdir`) and in the original
 * one, `repo.git:/path/Dockerfile#ref`, which is told by the `:/` in the path. Throws LOCATOR_INVALID.
 */
export function parseLocator(text: string): Locator {
  if (text === '') throw locatorError('the empty text', 'it names nothing');
  if (text === '-') return { type: 'stdin' };
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && !schemes.includes(scheme)) {
    throw locatorError(text, `its scheme is none of ${schemes.join(', ')}`);
  }
  const isGitScheme = scheme?.startsWith('git+') ?? false;
  const plain = isGitScheme ? text.slice('git+'.length) : text;
  const original = splitOriginalForm(plain, isGitScheme || scheme === 'ssh' || scheme === 'git');
  if (original !== undefined) return readOriginalForm(text, original);
  const reference = parseGitReference(isGitScheme ? withGitSuffix(plain) : plain);
  if (reference !== undefined) {
    return { type: 'git', reference: isGitScheme ? withRemote(reference, plain) : reference };
  }
  if (scheme === undefined) return { type: 'path', path: text };
  if (isGitScheme || !scheme.startsWith('http') || parseUrl(text) === undefined) {
    throw locatorError(text, 'it is no valid URL');
  }
  return { type: 'http', url: text };
}

interface OriginalForm {
  readonly remote: string;
  readonly path: string;
  readonly ref: string;
}

/** Over plain HTTP other URLs have a `:/` too, so there the repository must end in `.git`. */
function splitOriginalForm(text: string, isSurelyGit: boolean): OriginalForm | undefined {
  const [, start = '', rest = ''] = /^([a-zA-Z]+:\/\/[^/#?]*|[\w-]+@[\w.-]+:)(.*)$/s.exec(text) ?? [];
  if (start === '') return undefined;
  const hash = rest.indexOf('#');
  const path = hash < 0 ? rest : rest.slice(0, hash);
  const at = path.indexOf(':/');
  if (at < 0 || (!isSurelyGit && !path.slice(0, at).endsWith('.git'))) return undefined;
  return {
    remote: start + path.slice(0, at),
    path: path.slice(at + 1),
    ref: hash < 0 ? '' : rest.slice(hash + 1),
  };
}

function readOriginalForm(text: string, { remote, path, ref }: OriginalForm): Locator {
  const dockerfile = cleanPath(path).slice(1);
  if (dockerfile === '' || path.endsWith('/')) {
    throw locatorError(
      text,
      'there is no path of a Dockerfile behind the :/',
      'Write repo.git:/path/to/Dockerfile#ref.',
    );
  }
  if (ref.includes(':')) {
    throw locatorError(
      text,
      'it has both the path of a Dockerfile and a folder behind the #',
      'The context is the folder of the Dockerfile; leave the folder out.',
    );
  }
  const reference = parseGitReference(`${withGitSuffix(remote)}${ref === '' ? '' : `#${ref}`}`);
  if (reference === undefined) throw locatorError(text, 'it is no valid URL');
  return { type: 'git', reference: withRemote(reference, remote), dockerfile };
}

/** Makes {@link parseGitReference} take an HTTP URL for a repository, whatever its name. */
function withGitSuffix(url: string): string {
  const end = url.search(/[?#]|$/);
  const path = url.slice(0, end);
  return path.endsWith('.git') ? url : `${path}.git${url.slice(end)}`;
}

function withRemote(reference: GitReference, url: string): GitReference {
  const path = url.slice(0, url.search(/[?#]|$/));
  return path.endsWith('.git') ? reference : { ...reference, remote: reference.remote.replace(/\.git$/, '') };
}
