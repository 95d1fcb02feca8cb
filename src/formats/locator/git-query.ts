import { parseGoBoolean } from '../../base/go-values.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { GitReferenceDraft } from './git-reference.ts';
import { locatorError } from './locator-error.ts';

/** Keys that may stand without a value. */
const switches: readonly string[] = ['submodules', 'keep-git-dir', 'fetch-by-commit'];
const known = ['ref', 'tag', 'branch', 'subdir', 'checksum', 'commit', 'mtime', ...switches];

/** Puts the query of a locator, such as `?branch=main&subdir=app`, into the reference. */
export function applyQuery(
  draft: GitReferenceDraft,
  query: ReadonlyMap<string, readonly string[]>,
  locator: string,
): void {
  const fail = (why: string, hint?: string): never => {
    throw locatorError(locator, why, hint);
  };
  const takeValue = (key: string): string | undefined => {
    const values = query.get(key);
    if (values === undefined) return undefined;
    if (values.length > 1) fail(`its query has ${key}= more than once`);
    const [value = ''] = values;
    if (value === '' && !switches.includes(key)) fail(`its query has ${key}= without a value`);
    return value;
  };
  const takeSwitch = (key: string): boolean | undefined => {
    const value = takeValue(key);
    if (value === undefined) return undefined;
    return (
      (value === '' ? true : parseGoBoolean(value)) ?? fail(`its query has ${key}=${value}; expected true or false`)
    );
  };
  const setRef = (ref: string | undefined): void => {
    if (ref === undefined) return;
    if (draft.ref !== undefined && draft.ref !== ref) fail(`it names both ${draft.ref} and ${ref}`);
    draft.ref = ref;
  };

  for (const key of query.keys()) {
    if (!known.includes(key)) fail(`its query has the unknown key ${JSON.stringify(key)}`, didYouMean(key, known));
  }
  const subdir = takeValue('subdir');
  if (subdir !== undefined && draft.subdir !== undefined && draft.subdir !== subdir) {
    fail(`it names both the folders ${draft.subdir} and ${subdir}`);
  }
  if (subdir !== undefined) draft.subdir = subdir;
  const checksum = takeValue('checksum');
  const commit = takeValue('commit') ?? checksum;
  if (checksum !== undefined && checksum !== commit) fail(`it names both the commits ${commit} and ${checksum}`);
  if (commit !== undefined) draft.checksum = commit;
  const mtime = takeValue('mtime');
  if (mtime === 'checkout' || mtime === 'commit') draft.mtime = mtime;
  else if (mtime !== undefined) fail(`its query has mtime=${mtime}; expected checkout or commit`);
  const keepGitDir = takeSwitch('keep-git-dir');
  if (keepGitDir !== undefined) draft.keepGitDir = keepGitDir;
  const submodules = takeSwitch('submodules');
  if (submodules !== undefined) draft.submodules = submodules;
  draft.fetchByCommit = takeSwitch('fetch-by-commit') ?? false;

  setRef(takeValue('ref'));
  const tag = takeValue('tag');
  const branch = takeValue('branch');
  setRef(withPrefix('refs/tags/', tag));
  if (branch !== undefined && tag !== undefined) fail('it names both a branch and a tag');
  setRef(withPrefix('refs/heads/', branch));
}

function withPrefix(prefix: string, name: string | undefined): string | undefined {
  return name === undefined || name.startsWith(prefix) ? name : prefix + name;
}
