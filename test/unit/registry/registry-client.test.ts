import { describe, expect, it } from 'vitest';
import { type Digest, sha256 } from '../../../src/base/digest.ts';
import { parseReference } from '../../../src/formats/oci/reference.ts';
import { readBody } from '../../../src/http/read-body.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import { type FakeRequest, serveFakeRegistry } from '../../support/fake-registry.ts';
import { serveHttp, serveTcp } from '../../support/http-server.ts';
import { testClient } from '../../support/registry-client.ts';

const content = Buffer.alloc(300_000, 'firekiln ');
const digest = sha256(content);
const readBlob = (client: RegistryClient, host: string, size = content.length, blob: Digest = digest) =>
  readBody(client.blob(parseReference(`${host}/app:1`), { digest: blob, size }), 1 << 30, 'blob');
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  );

/** Answers the first `times` requests of a kind badly. */
function badly(kind: FakeRequest['kind'], times: number, how: (request: FakeRequest) => void) {
  let left = times;
  return (request: FakeRequest): boolean => {
    if (request.kind !== kind || left === 0) return false;
    left -= 1;
    how(request);
    return true;
  };
}

describe('manifests', () => {
  it('come with their digest, by tag and by digest', async () => {
    await using registry = await serveFakeRegistry();
    const expected = registry.putManifest('1', { schemaVersion: 2 });
    await using it = testClient();
    const byTag = await it.client.manifest(parseReference(`${registry.host}/org/app:1`));
    expect(byTag).toMatchObject({ digest: expected, claimedType: 'application/vnd.oci.image.manifest.v1+json' });
    const byDigest = await it.client.manifest(parseReference(`${registry.host}/org/app@${expected}`));
    expect(byDigest?.digest).toBe(expected);
    expect(await it.client.manifest(parseReference(`${registry.host}/org/app:2`))).toBeUndefined();
    expect(registry.log).toEqual(['1', expected, '2'].map((name) => `GET /v2/org/app/manifests/${name}`));
  });

  it.each([
    ['another manifest than the digest asked for', '@', 'DIGEST_MISMATCH', (it: FakeRequest) => it.response.end('{}')],
    [
      'a digest of its own that is wrong',
      ':1',
      'DIGEST_MISMATCH',
      (it: FakeRequest) => it.response.writeHead(200, { 'docker-content-digest': digest }).end('{}'),
    ],
    ['a manifest without end', ':1', 'LIMIT_EXCEEDED', (it: FakeRequest) => pour(it)],
    [
      'itself in a circle',
      ':1',
      'HTTP_INVALID',
      (it: FakeRequest) => it.response.writeHead(302, { location: it.request.url }).end(),
    ],
    [
      'an HTML page as an error',
      ':1',
      'REGISTRY_FAILED',
      (it: FakeRequest) => it.response.writeHead(400, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'an error with control characters',
      ':1',
      'REGISTRY_FAILED',
      (it: FakeRequest) =>
        it.response.writeHead(400).end(JSON.stringify({ errors: [{ code: 'X', message: '\u001b[31mred\n' }] })),
    ],
    ['a refusal', ':1', 'REGISTRY_DENIED', (it: FakeRequest) => it.response.writeHead(403).end()],
    [
      'a challenge that nobody can answer',
      ':1',
      'REGISTRY_DENIED',
      (it: FakeRequest) => it.response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end(),
    ],
    [
      'too much to wait for',
      ':1',
      'REGISTRY_RATE_LIMITED',
      (it: FakeRequest) => it.response.writeHead(429, { 'retry-after': '3600' }).end(),
    ],
  ])('a registry that sends %s', async (_, suffix, code, how) => {
    await using registry = await serveFakeRegistry(badly('manifests', 100, how));
    await using it = testClient();
    const reference = parseReference(`${registry.host}/app${suffix === '@' ? `@${digest}` : suffix}`);
    const error = await failure(it.client.manifest(reference));
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(String(error))).not.toMatch(/\\[nu]/);
  });

  it('are asked for again after passing failures', async () => {
    await using registry = await serveFakeRegistry(
      badly('manifests', 3, ({ response, request }) => {
        if (response.socket === null) request.destroy();
        else response.writeHead(503, { 'retry-after': '0' }).end();
      }),
    );
    registry.putManifest('1', {});
    await using it = testClient();
    expect(await it.client.manifest(parseReference(`${registry.host}/app:1`))).toBeDefined();
    expect(registry.log.length).toBe(4);
    expect(it.events.map((event) => event.event === 'message' && event.text)).toContainEqual(
      expect.stringMatching(/answered 503; trying again/),
    );
  });

  it('give up in the end', async () => {
    await using registry = await serveFakeRegistry(
      badly('manifests', 100, ({ response }) => response.writeHead(500).end()),
    );
    await using it = testClient();
    expect(await failure(it.client.manifest(parseReference(`${registry.host}/app:1`)))).toMatchObject({
      code: 'REGISTRY_FAILED',
    });
    expect(registry.log.length).toBe(5);
  });
});

describe('blobs', () => {
  it('are taken up where they broke', async () => {
    let left = 3;
    await using registry = await serveFakeRegistry(({ kind, request, response }) => {
      if (kind !== 'blobs' || left-- <= 0) return false;
      const start = Number(/=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, 'content-range': range });
      response.write(content.subarray(start, start + 50_000), () => response.destroy());
      return true;
    });
    registry.putBlob(content);
    await using it = testClient();
    expect((await readBlob(it.client, registry.host)).equals(content)).toBe(true);
    expect(registry.log.length).toBe(4);
  });

  it('are taken up from a server that ignores ranges', async () => {
    let asked = 0;
    await using registry = await serveFakeRegistry(({ kind, response }) => {
      if (kind !== 'blobs') return false;
      asked += 1;
      response.writeHead(200, { 'content-length': content.length });
      if (asked === 3) response.end(content);
      else response.write(content.subarray(0, asked * 100_000), () => response.destroy());
      return true;
    });
    await using it = testClient();
    expect((await readBlob(it.client, registry.host)).equals(content)).toBe(true);
    expect(asked).toBe(3);
  });

  it.each([
    ['more than it should', 'SIZE_MISMATCH', (it: FakeRequest) => it.response.end(Buffer.concat([content, content]))],
    ['more, without saying how much', 'SIZE_MISMATCH', (it: FakeRequest) => pour(it)],
    ['less than it should', 'SIZE_MISMATCH', (it: FakeRequest) => it.response.end(content.subarray(1))],
    [
      'less, without saying how much',
      'SIZE_MISMATCH',
      (it: FakeRequest) => {
        it.response.write(content.subarray(0, 1000));
        it.response.end();
      },
    ],
    ['nothing', 'SIZE_MISMATCH', (it: FakeRequest) => it.response.end()],
    ['404', 'BLOB_MISSING', (it: FakeRequest) => it.response.writeHead(404).end()],
    [
      'a range nobody asked for',
      'REGISTRY_FAILED',
      (it: FakeRequest) =>
        it.response
          .writeHead(206, { 'content-range': `bytes 10-20/${content.length}`, 'content-length': 290_000 })
          .end(),
    ],
    [
      'a range of something else',
      'SIZE_MISMATCH',
      (it: FakeRequest) => it.response.writeHead(206, { 'content-range': 'bytes 0-20/21' }).end(),
    ],
    [
      'a break after every byte',
      'HTTP_UNREACHABLE',
      (it: FakeRequest) => {
        it.response.writeHead(200, { 'content-length': content.length });
        it.response.write('x', () => it.response.destroy());
      },
    ],
  ])('a registry that sends %s', async (_, code, how) => {
    await using registry = await serveFakeRegistry(badly('blobs', 100, how));
    await using it = testClient();
    expect(await failure(readBlob(it.client, registry.host))).toMatchObject({ code });
  });

  it('that trickle or stall end with TIMEOUT', async () => {
    await using trickling = await serveTcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`);
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    await using slow = testClient({ pace: { bytes: 1000, windowMs: 100 } });
    expect(await failure(readBlob(slow.client, `127.0.0.1:${trickling.port}`))).toMatchObject({ code: 'TIMEOUT' });
    await using stalling = await serveTcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\nabc`);
    });
    await using patient = testClient({ bodyTimeoutMs: 50 });
    expect(await failure(readBlob(patient.client, `127.0.0.1:${stalling.port}`))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('may be empty', async () => {
    await using registry = await serveFakeRegistry();
    const empty = registry.putBlob(Buffer.alloc(0));
    await using it = testClient();
    expect((await readBlob(it.client, registry.host, 0, empty)).length).toBe(0);
  });

  it('are fetched through redirects, without the login', async () => {
    await using elsewhere = await serveHttp((request, response) => {
      expect(request.headers.authorization).toBeUndefined();
      response.end(content);
    });
    await using registry = await serveFakeRegistry(({ request, response }) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      } else {
        response.writeHead(307, { location: `${elsewhere.origin}/blob?signature=x` }).end();
      }
      return true;
    });
    const credentials = { find: async () => ({ type: 'password', username: 'u', password: 'p' }) as const };
    await using it = testClient({ credentials });
    expect((await readBlob(it.client, registry.host)).equals(content)).toBe(true);
  });
});

describe('mirrors', () => {
  it('are asked first, and passed over where they fail', async () => {
    await using broken = await serveFakeRegistry(
      badly('manifests', 100, ({ response }) => response.writeHead(400).end()),
    );
    await using empty = await serveFakeRegistry();
    await using origin = await serveFakeRegistry();
    const expected = origin.putManifest('1', {});
    origin.putBlob(content);
    await using it = testClient({
      settings: { [origin.host]: { mirrors: ['127.0.0.1:1', broken.host, `${empty.host}/sub`] } },
    });
    const found = await it.client.manifest(parseReference(`${origin.host}/app:1`));
    expect(found).toMatchObject({ digest: expected, endpoint: { host: origin.host } });
    expect(empty.log).toEqual([`GET /v2/sub/app/manifests/1?ns=${encodeURIComponent(origin.host)}`]);
    expect(it.events.filter((event) => event.event === 'message' && event.level === 'warn').length).toBe(2);
    expect((await readBlob(it.client, origin.host)).equals(content)).toBe(true);
  });

  it('serve what they have', async () => {
    await using mirror = await serveFakeRegistry();
    const expected = mirror.putManifest('1', {});
    mirror.putBlob(content);
    await using it = testClient({ settings: { 'docker.io': { mirrors: [mirror.host] } } });
    const found = await it.client.manifest(parseReference('app:1'));
    expect(found?.digest).toBe(expected);
    const blob = it.client.blob(parseReference('app:1'), { digest, size: content.length }, { from: found?.endpoint });
    expect((await readBody(blob, 1 << 20, 'x')).equals(content)).toBe(true);
    expect(mirror.log).toEqual([
      'GET /v2/library/app/manifests/1?ns=docker.io',
      `GET /v2/library/app/blobs/${digest}?ns=docker.io`,
    ]);
  });
});

/** Sends without end, as fast as it is taken. */
function pour({ response }: FakeRequest): void {
  const chunk = Buffer.alloc(65_536, ' ');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
