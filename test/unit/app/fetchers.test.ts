import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitFetcher } from '../../../src/app/git-fetcher.ts';
import { createHttpFetcher } from '../../../src/app/http-fetcher.ts';
import { sha256 } from '../../../src/base/digest.ts';
import { createHttpClient, type HttpClient } from '../../../src/http/http-client.ts';
import { proxyFromEnvironment } from '../../../src/http/proxy-settings.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { makeRepository, startGitDaemon } from '../../support/git-servers.ts';
import { serveHttp, type TestServer } from '../../support/http-server.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let bed: BuildBed;
let client: HttpClient;
beforeEach(async () => {
  client = createHttpClient({
    policy: { allowPrivate: true, trustedHosts: new Set() },
    proxyFor: proxyFromEnvironment({}),
    userAgent: 'test',
  });
  bed = await openBuildBed(folder.path);
});
afterEach(async () => {
  await bed[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

describe('ADD of a URL', () => {
  let server: TestServer;
  let content = { body: 'one', etag: '"1"' };
  let asked: string[] = [];
  beforeEach(async () => {
    content = { body: 'one', etag: '"1"' };
    asked = [];
    server = await serveHttp((request, response) => {
      const isSame = request.headers['if-none-match'] === content.etag;
      asked.push(isSame ? 'unchanged' : 'whole');
      response.setHeader('etag', content.etag);
      response.setHeader('last-modified', 'Wed, 25 Jan 2017 16:59:13 GMT');
      response.statusCode = isSame ? 304 : 200;
      response.end(isSame ? '' : content.body);
    });
  });
  afterEach(async () => await server[Symbol.asyncDispose]());
  // A fetcher is for one build.
  const add = async (flags = '') =>
    await bed.buildText(
      `FROM scratch\nADD ${flags}${server.origin}/dir/f.bin /to/\n`,
      {},
      {},
      {
        http: createHttpFetcher(client, bed.store),
      },
    );

  it('is fetched once, and asked for changes by every build', async () => {
    const first = await add();
    expect((await bed.facts(first)).get('/to/f.bin')).toMatchObject({
      size: 3,
      mode: 0o600,
      mtimeSec: 1_485_363_553,
      sha256: sha256('one').slice(7),
    });
    expect((await add()).id).toBe(first.id);
    content = { body: 'two', etag: '"2"' };
    expect((await add()).layers).not.toEqual(first.layers);
    expect(asked).toEqual(['whole', 'unchanged', 'whole']);
  });

  it('with a checksum is not asked for once it is here, and refused if it differs', async () => {
    await add(`--checksum=${sha256('one')} `);
    await add(`--checksum=${sha256('one')} `);
    expect(asked).toEqual(['whole']);
    await expect(add(`--checksum=${sha256('other')} `)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it('with a checksum has its own time, also if another URL gave the same', async () => {
    const text = `FROM scratch\nADD ${server.origin}/other /\nADD --checksum=${sha256('one')} ${server.origin}/f.bin /\n`;
    const image = await bed.buildText(text, {}, {}, { http: createHttpFetcher(client, bed.store) });
    expect((await bed.facts(image)).get('/f.bin')).toMatchObject({ mtimeSec: 1_485_363_553 });
  });

  it('that is not there fails at its line', async () => {
    await using gone = await serveHttp((_, response) => {
      response.statusCode = 404;
      response.end();
    });
    const built = bed.buildText(
      `FROM scratch\n\nADD ${gone.origin}/f /\n`,
      {},
      {},
      { http: createHttpFetcher(client, bed.store) },
    );
    await expect(built).rejects.toMatchObject({ code: 'URL_FAILED', source: { ranges: [{ startLine: 3 }] } });
  });
});

describe('ADD of a git repository', () => {
  it('gives the files of the commit, known by the commit', async () => {
    const commit = await makeRepository(folder.path, 'app', { 'd/f': { text: 'f' }, run: { text: 'r', mode: 0o755 } }, [
      ['branch', 'side'],
    ]);
    await using daemon = await startGitDaemon(folder.path);
    const add = async (ref: string) =>
      await bed.buildText(
        `FROM scratch\nADD ${daemon.url}/app#${ref} /to\n`,
        {},
        {},
        {
          git: createGitFetcher({ cacheFolder: join(folder.path, 'git'), temporaryFolder: join(folder.path, 'tmp') }),
        },
      );
    const first = await add('main');
    const facts = await bed.facts(first);
    expect([...facts.keys()]).toEqual(['/', '/to', '/to/d', '/to/d/f', '/to/run']);
    expect([facts.get('/to/d/f')?.mode, facts.get('/to/run')?.mode]).toEqual([0o644, 0o755]);
    expect((await add('side')).layers).toEqual(first.layers);
    expect((await add(commit)).layers).toEqual(first.layers);
    await expect(add('nowhere')).rejects.toMatchObject({
      code: 'GIT_REF_MISSING',
      source: { ranges: [{ startLine: 2 }] },
    });
  });
});
