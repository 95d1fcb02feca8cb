import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../base/make-folder.ts';
import type { SourceOpener } from '../build/source-opener.ts';
import { showUrl } from '../http/http-client.ts';
import { checkOut } from '../source/git/checkout.ts';
import { resolveRef } from '../source/git/resolve-ref.ts';
import { DigestCache } from '../source/local/digest-cache.ts';
import { openLocalContext } from '../source/local/local-context.ts';
import type { App } from './app.ts';
import { openHttp } from './http.ts';

/** Opens the digests of context files that earlier builds read. */
async function openDigests(app: App): Promise<DigestCache & AsyncDisposable> {
  return await app.part('digests', async () => {
    const cache = new DigestCache(join(app.dataDir, 'cache', 'context-digests.db'));
    return Object.assign(cache, { [Symbol.asyncDispose]: async () => cache[Symbol.dispose]() });
  });
}

/** Where git keeps what it has fetched, and where it lays commits out. */
export function gitFolders(app: App): { readonly cacheFolder: string; readonly temporaryFolder: string } {
  return { cacheFolder: join(app.dataDir, 'cache', 'git'), temporaryFolder: join(app.dataDir, 'tmp') };
}

export async function openSources(app: App): Promise<SourceOpener> {
  await makeFolderPath(app.dataDir, 0o700);
  const digests = await openDigests(app);
  return {
    folder: ({ root, description, ignore, normalMtimeSec }) =>
      openLocalContext({
        root,
        description,
        ignore,
        digests,
        ...(normalMtimeSec === undefined ? {} : { normal: { mtimeSec: normalMtimeSec } }),
      }),
    git: async (reference, signal) => {
      const { remote, subdir, checksum, keepGitDir, submodules, fetchByCommit } = reference;
      const wanted = fetchByCommit ? (checksum ?? reference.ref) : reference.ref;
      const ref = await resolveRef(remote, wanted, { signal });
      return await checkOut(
        { remote, ref, subdir, keepGitDir: keepGitDir ?? false, submodules: submodules ?? true, checksum },
        {
          ...gitFolders(app),
          onWait: (holder) => app.emitter.message('info', `waiting for ${holder}, which fetches ${remote}`),
          signal,
        },
      );
    },
    http: async (url, signal) => {
      const client = await openHttp(app);
      const response = await client.request({ url: new URL(url), signal });
      if (response.status !== 200) {
        await response.discard();
        throw new FirekilnError('URL_FAILED', `${showUrl(new URL(url))}: the server answered ${response.status}`);
      }
      return { body: Readable.from(response.body), url: showUrl(response.url) };
    },
  };
}
