import { describe, expect, it } from 'vitest';
import { parseReference } from '../../../src/formats/oci/reference.ts';
import type { Credentials } from '../../../src/registry/credentials.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { serveFakeRegistry } from '../../support/fake-registry.ts';
import { serveHttp } from '../../support/http-server.ts';
import { testClient } from '../../support/registry-client.ts';

const login = (credentials: Credentials) => ({ credentials: { find: async () => credentials } });
const alice: Credentials = { type: 'password', username: 'alice', password: 'pä:ss' };

/** A token server that notes what it was asked, and a registry that takes the tokens it has given. */
async function serveBoth(answer: (count: number) => object = (count) => ({ token: `t${count}` })) {
  const asked: string[] = [];
  const tokens = await serveHttp((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const user = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
      asked.push([request.method, request.url, user, body].filter(Boolean).join(' '));
      if (user !== '' && !user.startsWith('alice:'))
        response.writeHead(401).end('{"details":"incorrect username or password"}');
      else response.end(JSON.stringify(answer(asked.length)));
    });
  });
  const used: string[] = [];
  let valid: (token: string) => boolean = () => true;
  const registry = await serveFakeRegistry(({ request, response }) => {
    const { authorization } = request.headers;
    const token = authorization?.slice('Bearer '.length);
    if (token !== undefined && valid(token)) {
      used.push(token);
      return false;
    }
    const challenge = `Bearer realm="${tokens.origin}/token",service="reg",scope="repository:org/app:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  });
  registry.putManifest('1', {});
  return {
    registry,
    asked,
    used,
    only: (token: string) => {
      valid = (it) => it === token;
    },
    [Symbol.asyncDispose]: async () => {
      await registry[Symbol.asyncDispose]();
      await tokens[Symbol.asyncDispose]();
    },
  };
}

const scope = 'scope=repository%3Aorg%2Fapp%3Apull';

describe('bearer tokens', () => {
  it('are asked for once, anonymously', async () => {
    await using both = await serveBoth();
    await using it = testClient();
    const reference = parseReference(`${both.registry.host}/org/app:1`);
    await it.client.manifest(reference);
    await it.client.manifest(reference);
    expect(both.asked).toEqual([`GET /token?service=reg&${scope}`]);
    expect(both.used).toEqual(['t1', 't1']);
    expect(both.registry.log.length).toBe(3);
  });

  it('are asked for with a password', async () => {
    await using both = await serveBoth(() => ({ access_token: 'a', expires_in: 300 }));
    await using it = testClient(login(alice));
    await it.client.manifest(parseReference(`${both.registry.host}/org/app:1`));
    expect(both.asked).toEqual([`GET /token?service=reg&${scope}&account=alice alice:pä:ss`]);
  });

  it('are asked for with an identity token', async () => {
    await using both = await serveBoth(() => ({ access_token: 'a' }));
    await using it = testClient(login({ type: 'identity-token', token: 'refresh' }));
    await it.client.manifest(parseReference(`${both.registry.host}/org/app:1`));
    expect(both.asked).toEqual([
      `POST /token grant_type=refresh_token&client_id=firekiln&refresh_token=refresh&service=reg&${scope}`,
    ]);
  });

  it('that are there already are used', async () => {
    await using both = await serveBoth();
    both.only('ready');
    await using it = testClient(login({ type: 'access-token', token: 'ready' }));
    await it.client.manifest(parseReference(`${both.registry.host}/org/app:1`));
    expect(both.asked).toEqual([]);
  });

  it('are renewed when they end, and when the registry takes them no more', async () => {
    await using both = await serveBoth((count) => ({ token: `t${count}`, expires_in: count === 1 ? 1 : 300 }));
    await using it = testClient();
    const reference = parseReference(`${both.registry.host}/org/app:1`);
    await it.client.manifest(reference);
    await it.client.manifest(reference);
    expect(both.used).toEqual(['t1', 't2']);
    both.only('t3');
    await it.client.manifest(reference);
    expect(both.used).toEqual(['t1', 't2', 't3']);
  });

  it('are shared by requests at the same time', async () => {
    await using both = await serveBoth();
    await using it = testClient();
    const reference = parseReference(`${both.registry.host}/org/app:1`);
    await it.client.manifest(reference);
    await Promise.all(
      Array.from({ length: 8 }, () => it.client.manifest(parseReference(`${both.registry.host}/org/b:1`))),
    );
    expect(both.asked.length).toBe(2);
  });

  it.each([
    [
      'a wrong password',
      login({ type: 'password', username: 'bob', password: 'secret' }),
      undefined,
      'REGISTRY_DENIED',
      /incorrect username/,
    ],
    ['a token that is none', {}, { token: 'a\r\nb' }, 'REGISTRY_FAILED', /no token/],
    ['nothing', {}, {}, 'REGISTRY_FAILED', /no token/],
    ['a token without end', {}, { token: 'x'.repeat(100_000) }, 'REGISTRY_FAILED', /no token/],
    ['too much', {}, { token: 'x'.repeat(2 << 20) }, 'LIMIT_EXCEEDED', /more than/],
  ])('%s', async (_, options, answer, code, message) => {
    await using both = await serveBoth(answer === undefined ? undefined : () => answer);
    await using it = testClient(options);
    const error: unknown = await it.client
      .manifest(parseReference(`${both.registry.host}/org/app:1`))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('secret');
  });

  it('are not asked for over http by a registry with https, nor without a realm', async () => {
    const tls = await makeCertificates();
    for (const challenge of [
      'Bearer realm="http://127.0.0.1:1/token"',
      'Bearer service="x"',
      'Bearer realm="file:///x"',
    ]) {
      await using registry = await serveHttp((_, response) => {
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      }, tls);
      const host = `localhost:${registry.port}`;
      await using it = testClient({ ...login(alice), settings: { [host]: { authorities: [tls.ca] } } });
      await expect(it.client.manifest(parseReference(`${host}/app:1`))).rejects.toMatchObject({
        code: 'REGISTRY_FAILED',
      });
    }
  });
});

describe('basic logins', () => {
  const basicRegistry = () =>
    serveFakeRegistry(({ request, response }) => {
      if (request.headers.authorization === `Basic ${Buffer.from('alice:pä:ss').toString('base64')}`) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    });

  it('are sent after the first challenge', async () => {
    await using registry = await basicRegistry();
    registry.putManifest('1', {});
    await using it = testClient(login(alice));
    const reference = parseReference(`${registry.host}/app:1`);
    expect(await it.client.manifest(reference)).toBeDefined();
    expect(await it.client.manifest(reference)).toBeDefined();
    expect(registry.log.length).toBe(3);
  });

  it('say when they are missing or wrong', async () => {
    await using registry = await basicRegistry();
    const reference = parseReference(`${registry.host}/app:1`);
    await using nobody = testClient();
    await expect(nobody.client.manifest(reference)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      hint: /docker login/,
    });
    await using bob = testClient(login({ type: 'password', username: 'bob', password: 'secret' }));
    await expect(bob.client.manifest(reference)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      hint: /login was refused/,
    });
    expect(registry.log.length).toBe(3);
  });
});

describe('insecure registries', () => {
  it('are spoken to in plain HTTP where they have no TLS', async () => {
    await using registry = await serveFakeRegistry();
    registry.putManifest('1', {});
    await using it = testClient({ settings: { [registry.host]: { insecure: true } } });
    const reference = parseReference(`${registry.host}/app:1`);
    expect(await it.client.manifest(reference)).toBeDefined();
    expect(await it.client.manifest(reference)).toBeDefined();
    expect(registry.log.length).toBe(2);
  });
});
