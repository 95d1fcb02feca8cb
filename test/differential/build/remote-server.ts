import { join } from 'node:path';
import { createGitFetcher } from '../../../src/app/git-fetcher.ts';
import { createHttpFetcher } from '../../../src/app/http-fetcher.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import type { GitFetcher, HttpFetcher } from '../../../src/ops/environment.ts';
import type { Store } from '../../../src/store/store.ts';
import type { BuildCase } from '../../support/build-corpus.ts';
import { makeRepository, startGitHttp } from '../../support/git-servers.ts';
import { serveHttp } from '../../support/http-server.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { packed } from './packed.ts';

/** Where generated Dockerfiles fetch from; stands for the servers of a run. */
export const filesOrigin = 'http://files.test';
export const gitOrigin = 'http://git.test';
/** Stands for the commit of `main`. */
export const mainCommit = '0123456789abcdef0123456789abcdef01234567';
/** In seconds since the epoch, as `makeRepository` has it. */
export const timeOfCommit = Date.parse('2026-01-02T03:04:05Z') / 1000;

const old = { 'last-modified': 'Wed, 25 Jan 2017 21:37:13 GMT' };
const tar = rawTar([
  { name: 'in/', typeFlag: '5' },
  { name: 'in/tar', data: Buffer.from('of the tar\n') },
]);

interface Served {
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
}

const served: Readonly<Record<string, Served>> = {
  '/a.txt': { body: 'remote a\n', headers: old },
  '/untimed': { body: 'no time\n' },
  '/a%20b.txt': { body: 'blank\n', headers: old },
  '/x.tar': { body: tar, headers: old },
  '/x.tar.gz': { body: packed(tar, 'gzip'), headers: old },
  '/x.tar.xz': { body: packed(tar, 'xz') },
  '/given': { body: 'named\n', headers: { ...old, 'content-disposition': 'attachment; filename="given.txt"' } },
  '/evil': { body: 'evil\n', headers: { 'content-disposition': 'attachment; filename="../../evil"' } },
  '/folder/': { body: 'index\n', headers: old },
  '/': { body: 'root\n', headers: old },
  '/q?x=1': { body: 'query\n', headers: old },
  '/empty': { body: '', headers: old },
  '/future': { body: 'later\n', headers: { 'last-modified': 'Wed, 25 Jan 2090 21:37:13 GMT' } },
  '/moved': { body: '', status: 302, headers: { location: '/a.txt' } },
};

export interface RemoteServer extends AsyncDisposable {
  /** The case with the addresses of this run. */
  addressed(it: BuildCase): BuildCase;
  fetchers(store: Store): { readonly http: HttpFetcher; readonly git: GitFetcher };
}

/** An HTTP server and a git server that both builders fetch from. The folder is the caller's to remove. */
export async function startRemote(folder: string): Promise<RemoteServer> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(
    await serveHttp((request, response) => {
      const found = served[request.url ?? ''];
      response.writeHead(found?.status ?? (found === undefined ? 404 : 200), found?.headers ?? {});
      response.end(request.method === 'HEAD' ? undefined : found?.body);
    }),
  );
  const repositories = join(folder, 'repositories');
  const commit = await makeRepository(
    repositories,
    'repo',
    {
      README: { text: 'read me\n' },
      'run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
      link: { link: 'README' },
      'sub/deep/file': { text: 'deep\n' },
      '.hid': { text: 'hidden\n' },
    },
    [
      ['tag', 'v1'],
      ['branch', 'other'],
    ],
  );
  const git = stack.use(await startGitHttp(repositories));
  const owned = stack.move();
  return {
    addressed: (it) => {
      const text = it.dockerfile.toString('latin1');
      if (!text.includes('.test/') && !text.includes(mainCommit)) return it;
      const addressed = text
        .replaceAll(filesOrigin, files.origin)
        .replaceAll(gitOrigin, git.url)
        .replaceAll(mainCommit, commit)
        .replaceAll(mainCommit.slice(0, 10), commit.slice(0, 10))
        .replaceAll(mainCommit.slice(0, 8), commit.slice(0, 8));
      return { ...it, dockerfile: Buffer.from(addressed, 'latin1') };
    },
    fetchers: (store) => ({
      http: createHttpFetcher(
        createHttpClient({
          policy: { allowPrivate: true, trustedHosts: new Set() },
          proxyFor: () => undefined,
          userAgent: 'test',
        }),
        store,
      ),
      git: createGitFetcher({ cacheFolder: join(folder, 'git-cache'), temporaryFolder: join(folder, 'git-tmp') }),
    }),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}
