import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { findLogin, parseAuthFile } from '../../../src/registry/auth-file.ts';
import { loginFiles } from '../../../src/registry/login-files.ts';

const basic = (text: string) => Buffer.from(text).toString('base64');
const login = (username: string, password: string) => ({ type: 'password', username, password });

describe('parseAuthFile', () => {
  const file = parseAuthFile(
    JSON.stringify({
      auths: {
        'https://index.docker.io/v1/': { auth: basic('hub:pa:ss') },
        'https://a.example/v2/': { auth: basic('a:b\0\0') },
        'b.example:5000': { username: 'u', password: 'p' },
        'quay.io': { auth: basic('all:1') },
        'quay.io/org/app': { auth: basic('one:2') },
        'token.example': { auth: basic('<token>:abc') },
        'identity.example': { auth: basic('x:y'), identitytoken: 'idt' },
        'ready.example': { registrytoken: 'rt' },
        'empty.example': {},
      },
      credHelpers: { 'gcr.io': 'gcloud' },
      credsStore: 'desktop',
    }),
    'config.json',
  );

  it.each([
    ['docker.io', 'library/debian', login('hub', 'pa:ss')],
    ['a.example', 'x', login('a', 'b')],
    ['b.example:5000', 'x', login('u', 'p')],
    ['b.example', 'x', undefined],
    ['quay.io', 'org/app', login('one', '2')],
    ['quay.io', 'org/app/sub', login('one', '2')],
    ['quay.io', 'org/apple', login('all', '1')],
    ['token.example', 'x', { type: 'identity-token', token: 'abc' }],
    ['identity.example', 'x', { type: 'identity-token', token: 'idt' }],
    ['ready.example', 'x', { type: 'access-token', token: 'rt' }],
    ['empty.example', 'x', undefined],
  ])('knows the login of %s/%s', (host, path, credentials) => {
    expect(findLogin(file, host, path)).toEqual(credentials);
  });

  it('knows the helpers', () => {
    expect([...file.helpers, file.defaultHelper]).toEqual([['gcr.io', 'gcloud'], 'desktop']);
  });

  it.each(['{"auths":{"x":{"auth":"c2VjcmV0"}}}', '{ "auths": secret'])(
    'does not show what it could not read: %s',
    (text) => {
      let error: unknown;
      try {
        parseAuthFile(text, 'config.json');
      } catch (reason) {
        error = reason;
      }
      expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(/^config\.json: /) });
      expect(inspect(error)).not.toMatch(/secret|c2VjcmV0/);
    },
  );

  it('survives any JSON', () => {
    const wild = fc.oneof(
      fc.json(),
      fc
        .record({ auths: fc.dictionary(fc.string(), fc.jsonValue()), credHelpers: fc.jsonValue() })
        .map((it) => JSON.stringify(it)),
    );
    fc.assert(
      fc.property(wild, (text) => {
        try {
          findLogin(parseAuthFile(text, 'x'), 'docker.io', 'a/b');
        } catch (error) {
          expect(error).toBeInstanceOf(FirekilnError);
        }
      }),
    );
  });
});

describe('loginFiles', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'firekiln-login-'));
    await mkdir(join(home, '.docker'));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  const write = (path: string, content: unknown) => writeFile(join(home, path), JSON.stringify(content));
  const helper = async (name: string, script: string) => {
    await writeFile(join(home, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
    await chmod(join(home, `docker-credential-${name}`), 0o755);
  };
  const source = (env: NodeJS.ProcessEnv = {}) =>
    loginFiles({ PATH: `${home}${delimiter}${process.env.PATH}`, ...env }, home);

  it('is anonymous where there are no files', async () => {
    expect(await source().find('docker.io', 'x')).toBeUndefined();
  });

  it('the first place that knows the host counts', async () => {
    await write('.docker/config.json', { auths: { a: { auth: basic('docker:1') } } });
    await write('podman.json', { auths: { a: { auth: basic('podman:1') }, b: { auth: basic('podman:2') } } });
    const env = { REGISTRY_AUTH_FILE: join(home, 'podman.json') };
    expect(await source(env).find('a', 'x')).toEqual(login('docker', '1'));
    expect(await source(env).find('b', 'x')).toEqual(login('podman', '2'));
    const inline = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { a: { auth: basic('env:1') } } }) };
    expect(await source(inline).find('a', 'x')).toEqual(login('env', '1'));
    expect(await source({ DOCKER_CONFIG: home }).find('a', 'x')).toBeUndefined();
  });

  it('asks helpers in their protocol, with the file as the fall-back', async () => {
    await helper(
      'echo',
      'read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$server\\",\\"Secret\\":\\"$1\\"}"',
    );
    await helper('none', 'echo "credentials not found in native keychain"; exit 1');
    await write('.docker/config.json', {
      auths: { b: { auth: basic('file:1') } },
      credHelpers: { a: 'echo', 'docker.io': 'echo' },
      credsStore: 'none',
    });
    expect(await source().find('a', 'x')).toEqual(login('a', 'get'));
    expect(await source().find('docker.io', 'x')).toEqual(login('https://index.docker.io/v1/', 'get'));
    expect(await source().find('b', 'x')).toEqual(login('file', '1'));
    expect(await source().find('c', 'x')).toBeUndefined();
  });

  it.each([
    ['fail', 'echo "keyring is locked"; exit 1', 'CREDENTIALS_INVALID', /keyring is locked/],
    ['junk', 'echo "secret junk"', 'CREDENTIALS_INVALID', /no login$/],
    ['../x', '', 'CREDENTIALS_INVALID', /no name/],
    ['missing', undefined, 'PROGRAM_MISSING', /docker-credential-missing/],
  ])('says what is wrong with a helper: %s', async (name, script, code, message) => {
    if (script) await helper(name, script);
    await write('.docker/config.json', { credsStore: name });
    const error: unknown = await source()
      .find('a', 'x')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('secret');
  });
});
