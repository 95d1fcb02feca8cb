import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runGit, withoutCredentials } from './run-git.ts';

/** What a reference of a remote repository means right now. */
export interface ResolvedRef {
  /** The full commit; undefined for an abbreviated one, which only a fetch can complete. */
  readonly commit: string | undefined;
  /** What to fetch: a full reference name, or the commit. */
  readonly fetch: string;
  /** The branch or tag that it is, and its object, which for an annotated tag is not the commit; undefined for a commit. */
  readonly named?: { readonly name: string; readonly object: string } | undefined;
}

interface Advertised {
  readonly hash: string;
  readonly name: string;
}

/**
 * Asks the remote what `ref` is: the default branch if there is none, a branch before a tag of the same name, a full
 * reference name, or a commit. Throws GIT_REF_MISSING.
 */
export async function resolveRef(
  remote: string,
  ref: string | undefined,
  options: { readonly signal?: AbortSignal | undefined; readonly settings?: readonly string[] },
): Promise<ResolvedRef> {
  if (ref !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)) return { commit: ref, fetch: ref };
  if (ref?.startsWith('-') === true) throw missing(remote, ref);
  const patterns = ref === undefined ? ['HEAD'] : [ref, `${ref}^{}`];
  const { stdout } = await runGit(['ls-remote', '--symref', '--', remote, ...patterns], options);
  const text = stdout.toString('utf8');
  const advertised = parseAdvertised(text);
  const wanted = ref === undefined ? ['HEAD'] : [ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`];
  for (const name of wanted) {
    const found = advertised.find((it) => it.name === name);
    if (found === undefined) continue;
    // An annotated tag is an object of its own; `^{}` is the commit behind it.
    const peeled = advertised.find((it) => it.name === `${name}^{}`);
    const [, branch] = /^ref: (refs\/\S+)\tHEAD$/m.exec(text) ?? [];
    const known = name === 'HEAD' ? branch : name;
    const named = known?.startsWith('refs/') === true ? { name: known, object: found.hash } : undefined;
    return { commit: (peeled ?? found).hash, fetch: name, named };
  }
  if (ref !== undefined && /^[0-9a-f]{7,39}$/.test(ref)) return { commit: undefined, fetch: ref };
  throw missing(remote, ref ?? 'HEAD');
}

function parseAdvertised(text: string): Advertised[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{40,64})\t(.+)$/.exec(line);
    return match === null ? [] : [{ hash: match[1] ?? '', name: match[2] ?? '' }];
  });
}

function missing(remote: string, ref: string): FirekilnError {
  return new FirekilnError('GIT_REF_MISSING', `${withoutCredentials(remote)} has no branch, tag or commit ${ref}`, {
    hint: '`git ls-remote URL` lists the branches and tags.',
  });
}
