import type { GitFetcher, HttpFetcher } from '../ops/environment.ts';
import type { App } from './app.ts';
import { createGitFetcher } from './git-fetcher.ts';
import { openHttp } from './http.ts';
import { createHttpFetcher } from './http-fetcher.ts';
import { gitFolders } from './source-opener.ts';

/** What `ADD` fetches with: for one build, since what a URL or a branch led to once counts for all of it. */
export async function openFetchers(app: App): Promise<{ readonly http: HttpFetcher; readonly git: GitFetcher }> {
  return {
    http: createHttpFetcher(await openHttp(app), await app.store()),
    git: createGitFetcher(gitFolders(app)),
  };
}
