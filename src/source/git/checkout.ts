import { lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, sha256 } from '../../base/digest.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { withLock } from '../../base/lock.ts';
import type { ResolvedRef } from './resolve-ref.ts';
import { remoteTransports, runGit, withoutCredentials } from './run-git.ts';

export interface CheckoutRequest {
  readonly remote: string;
  readonly ref: ResolvedRef;
  /** Folder of the repository, without `..`. */
  readonly subdir?: string | undefined;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
  /** The commit, or the start of it, that must come out. */
  readonly checksum?: string | undefined;
}

export interface CheckoutOptions {
  /** Kept between builds, so that only what is new is fetched. */
  readonly cacheFolder: string;
  readonly temporaryFolder: string;
  readonly settings?: readonly string[];
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A commit as files; disposing removes them. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string;
  readonly commit: string;
  /** Seconds since the epoch: the committer's time, which every file is given. */
  readonly time: number;
}

/**
 * Fetches a commit into the cache and lays its files out. Throws GIT_FAILED, GIT_REF_MISSING, or GIT_CHECKSUM if the
 * commit is not the one that is wanted.
 */
export async function checkOut(request: CheckoutRequest, options: CheckoutOptions): Promise<Checkout> {
  const repository = join(options.cacheFolder, `${hexOf(sha256(request.remote)).slice(0, 32)}.git`);
  await mkdir(options.cacheFolder, { recursive: true, mode: 0o700 });
  await mkdir(options.temporaryFolder, { recursive: true, mode: 0o700 });
  const lock = { signal: options.signal, holder: `git fetch (pid ${process.pid})`, ...waitOption(options) };
  const work = await mkdtemp(join(options.temporaryFolder, 'git-'));
  const dispose = () => rm(work, { recursive: true, force: true });
  try {
    const commit = await withLock(`${repository}.lock`, lock, async () => {
      const fetched = await fetchCommit(repository, request, options);
      await layOut(repository, fetched, work, request, options);
      return fetched;
    });
    const time = await commitTime(work, commit, options);
    if (!request.keepGitDir) await rm(join(work, '.git'), { recursive: true });
    return { folder: await folderOf(work, request), commit, time, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function fetchCommit(repository: string, request: CheckoutRequest, options: CheckoutOptions): Promise<string> {
  const { remote, ref } = request;
  const { signal, settings = [] } = options;
  const git = (...args: string[]) => runGit(args, { cwd: repository, signal, settings });
  if (!(await isFolder(repository))) await runGit(['init', '--quiet', '--bare', '--', repository], { signal });
  const wanted = request.keepGitDir ? (ref.named?.object ?? ref.commit) : ref.commit;
  if (wanted === undefined || !(await hasCommit(repository, wanted, signal))) {
    try {
      if (ref.commit === undefined) throw new FirekilnError('GIT_REF_MISSING', 'an abbreviated commit');
      await git('fetch', '--quiet', '--depth=1', '--no-tags', '--force', '--', remote, ref.fetch);
    } catch (error) {
      // Some servers give out commits only with their history.
      if (
        !isCommit(ref.fetch) ||
        !(isFirekilnError(error, 'GIT_FAILED') || isFirekilnError(error, 'GIT_REF_MISSING'))
      ) {
        throw error;
      }
      const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
      await git('fetch', '--quiet', '--force', ...(await unshallow(repository)), '--', remote, ...everything);
    }
  }
  const commit = await completeCommit(repository, request, signal);
  if (request.checksum !== undefined && !commit.startsWith(request.checksum.toLowerCase())) {
    throw new FirekilnError(
      'GIT_CHECKSUM',
      `${withoutCredentials(remote)}: ${ref.fetch} is commit ${commit}, not ${request.checksum}`,
    );
  }
  return commit;
}

async function completeCommit(
  repository: string,
  { remote, ref }: CheckoutRequest,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { stdout } = await runGit(['rev-parse', '--verify', '--quiet', `${ref.commit ?? ref.fetch}^{commit}`], {
      cwd: repository,
      signal,
    });
    return stdout.toString('utf8').trim();
  } catch (error) {
    if (!isFirekilnError(error, 'GIT_FAILED')) throw error;
    const what = ref.commit === undefined ? `no commit that starts with ${ref.fetch}` : `no commit ${ref.commit}`;
    throw new FirekilnError('GIT_REF_MISSING', `${withoutCredentials(remote)} has ${what}`, { cause: error });
  }
}

async function layOut(
  repository: string,
  commit: string,
  work: string,
  request: CheckoutRequest,
  options: CheckoutOptions,
): Promise<void> {
  const { signal, settings = [] } = options;
  const local = { cwd: work, signal, transports: ['file'] };
  await runGit(['init', '--quiet'], local);
  await runGit(['config', 'remote.origin.url', withoutCredentials(request.remote)], local);
  // The process that serves a local fetch is told by the settings of the one that asks.
  const settingsOfServer = { settings: ['uploadpack.allowAnySHA1InWant=true'] };
  const fetchArgs = ['fetch', '--quiet', '--depth=1', '--no-tags', '--', `file://${repository}`, commit];
  await runGit(fetchArgs, { ...local, ...settingsOfServer });
  await runGit(['checkout', '--quiet', '--force', '--detach', commit], local);
  if (request.keepGitDir) await tidyGitDir(repository, work, request, { ...local, ...settingsOfServer });
  if (request.submodules && (await isFile(join(work, '.gitmodules')))) {
    await runGit(['submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1', '--force'], {
      cwd: work,
      signal,
      settings,
      transports: remoteTransports,
    });
  }
}

/** As BuildKit leaves it: the branch or tag is known by its name, and nothing tells when and from where it came. */
async function tidyGitDir(
  repository: string,
  work: string,
  { ref: { named } }: CheckoutRequest,
  local: Parameters<typeof runGit>[1],
): Promise<void> {
  if (named !== undefined) {
    const wanted = `+${named.object}:${named.name}`;
    await runGit(['fetch', '--quiet', '--depth=1', '--no-tags', '--', `file://${repository}`, wanted], local);
  }
  await runGit(['reflog', 'expire', '--all', '--expire=now'], local);
  await rm(join(work, '.git', 'FETCH_HEAD'), { force: true });
}

async function commitTime(work: string, commit: string, { signal }: CheckoutOptions): Promise<number> {
  const { stdout } = await runGit(['show', '--no-patch', '--format=%ct', commit], { cwd: work, signal });
  return Number(stdout.toString('utf8').trim());
}

async function folderOf(work: string, request: CheckoutRequest): Promise<string> {
  const parts = (request.subdir ?? '').split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || parts.includes('.git')) {
    throw new FirekilnError('GIT_REF_MISSING', `the folder ${request.subdir} leads out of the repository`);
  }
  // Each part is looked at by itself: a symlink of the repository must not lead out of it.
  let folder = work;
  for (const part of parts) {
    folder = join(folder, part);
    if (!(await isFolder(folder))) {
      throw new FirekilnError(
        'GIT_REF_MISSING',
        `${withoutCredentials(request.remote)} has no folder ${request.subdir} at ${request.ref.fetch}`,
      );
    }
  }
  return folder;
}

async function hasCommit(repository: string, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await runGit(['cat-file', '-e', `${commit}^{commit}`], { cwd: repository, signal });
    return true;
  } catch (error) {
    if (isFirekilnError(error, 'GIT_FAILED')) return false;
    throw error;
  }
}

async function unshallow(repository: string): Promise<string[]> {
  return (await isFile(join(repository, 'shallow'))) ? ['--unshallow'] : [];
}

function isCommit(ref: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(ref);
}

async function isFolder(path: string): Promise<boolean> {
  return await kindOf(path, (it) => it.isDirectory());
}

async function isFile(path: string): Promise<boolean> {
  return await kindOf(path, (it) => it.isFile());
}

async function kindOf(path: string, test: (stat: Awaited<ReturnType<typeof lstat>>) => boolean): Promise<boolean> {
  try {
    return test(await lstat(path));
  } catch {
    return false;
  }
}

function waitOption({ onWait }: CheckoutOptions): { readonly onWait?: (holder: string) => void } {
  return onWait === undefined ? {} : { onWait };
}
