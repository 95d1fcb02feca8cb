import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyLines } from '../../../../src/app/config/key-lines.ts';
import { loadConfig } from '../../../../src/app/config/load-config.ts';
import { registrySettings } from '../../../../src/app/config/registry-settings.ts';
import { makeCertificates } from '../../../support/certificates.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firekiln-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const load = async (text: string) => {
  await writeFile(join(folder, 'config.toml'), text);
  return await loadConfig({ file: join(folder, 'config.toml'), env: {} });
};

describe('loadConfig', () => {
  it('reads every section', async () => {
    const config = await load(`
      [registry."docker.io"]
      mirrors = ["127.0.0.1:5000"]
      http = true
      [registry."x.example:5000"]
      ca = ["ca.pem", "/etc/other.pem"]
      [[registry."x.example:5000".keypair]]
      key = "k"
      cert = "c"
      [sources]
      allow_private = false
      [build]
      parallelism = 2
      memory = "1.5g"
    `);
    expect(config).toEqual({
      registry: new Map<string, unknown>([
        ['docker.io', { mirrors: ['127.0.0.1:5000'], http: true }],
        [
          'x.example:5000',
          {
            ca: [join(folder, 'ca.pem'), '/etc/other.pem'],
            keypair: [{ key: join(folder, 'k'), cert: join(folder, 'c') }],
          },
        ],
      ]),
      sources: { allow_private: false },
      build: { parallelism: 2, memory: 1_610_612_736 },
    });
  });

  it.each([
    ['\n[source]', /config\.toml:2: there is no source$/, /Did you mean sources\?/],
    ['[sources]\n\nallow_privat = true', /config\.toml:3: there is no allow_privat in \[sources\]/, /allow_private/],
    ['[registry."docker.io"]\nmirror = ["x"]', /:2: there is no mirror in \[registry\."docker\.io"\]/, /mirrors/],
    ['[build]\nzzz = 1', /:2: there is no zzz/, /There are: parallelism, memory, cpus/],
    ['[registry."docker.io"]\nmirrors = "x"', /:2: mirrors is "x", not a list of strings/, undefined],
    ['[registry."docker.io"]\nmirrors = [1]', /:2: mirrors is a list, not a list of strings/, undefined],
    ['[registry."a b"]', /:1: "a b" is not the host of a registry/, undefined],
    ['registry = 1', /:1: registry is 1, not a table/, undefined],
    ['[build]\nmemory = "lots"', /:2: memory is "lots", not a size/, undefined],
    ['[build]\nparallelism = 0', /:2: parallelism is 0/, undefined],
    ['[vm]\ndriver = "xen"', /:2: driver is "xen", not "auto" or "qemu" or "firecracker"/, undefined],
    ['[[registry."x".keypair]]\ncrt = "a"', /:2: there is no crt/, /cert/],
    ['a = = 1', /config\.toml:1: /, undefined],
    ['[build]\nx.y = 1', /:2: there is no x in \[build\]/, undefined],
    ['sources.allow_private = 2020-01-01', /:1: allow_private is/, undefined],
  ])('%j is an error with its place', async (text, message, hint) => {
    const error: unknown = await load(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    if (hint !== undefined) expect(error).toMatchObject({ hint: expect.stringMatching(hint) });
  });

  it('the file of the user counts more than that of the machine', async () => {
    await mkdir(join(folder, 'etc'));
    await mkdir(join(folder, '.config', 'firekiln'), { recursive: true });
    await writeFile(
      join(folder, 'etc', 'config.toml'),
      '[registry.a]\nhttp = true\ninsecure = true\n[build]\ncpus = 1',
    );
    await writeFile(
      join(folder, '.config', 'firekiln', 'config.toml'),
      '[registry.a]\nhttp = false\n[build]\nparallelism = 3',
    );
    const config = await loadConfig({ env: {}, home: folder, systemFolder: join(folder, 'etc') });
    expect(config.registry?.get('a')).toEqual({ http: false, insecure: true });
    expect(config.build).toEqual({ cpus: 1, parallelism: 3 });
  });

  it('a file that is asked for must be there, the usual ones need not', async () => {
    await expect(loadConfig({ file: join(folder, 'none'), env: {} })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect((await loadConfig({ env: {}, home: folder, systemFolder: folder })).sources).toEqual({});
  });
});

describe('registrySettings', () => {
  it('reads the files, and names those that are none', async () => {
    const { ca, cert, key } = await makeCertificates();
    await Promise.all(Object.entries({ ca, cert, key }).map(([name, pem]) => writeFile(join(folder, name), pem)));
    const good = await load('[registry.x]\nca = ["ca"]\nkeypair = [{ cert = "cert", key = "key" }]');
    expect((await registrySettings(good)).get('x')).toEqual({
      mirrors: [],
      authorities: [ca],
      keyPairs: [{ cert, key }],
    });
    for (const [text, message] of [
      ['ca = ["missing"]', /\[registry\."x"\] names .*missing, which is no file/],
      ['ca = ["key"]', /key, which holds no PEM certificate/],
      ['keypair = [{ cert = "cert" }]', /both cert and key/],
    ] as const) {
      const config = await load(`[registry.x]\n${text}`);
      await expect(registrySettings(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message });
    }
  });
});

describe('keyLines', () => {
  it('is not misled by texts and lists that look like keys', () => {
    const lineOf = keyLines(
      [
        '# [no]',
        'a = """',
        '[b]',
        'c = 1',
        '"""',
        'd = [',
        '  "x = 1", # ]',
        ']',
        "[ 'q.r' . s ]",
        'e = { f = 1 }',
        'g.h = 2',
      ].join('\n'),
    );
    expect(
      [['a'], ['b'], ['c'], ['d'], ['q.r', 's'], ['q.r', 's', 'e', 'f'], ['q.r', 's', 'g', 'h']].map(lineOf),
    ).toEqual([2, undefined, undefined, 6, 9, 10, 11]);
  });
});
