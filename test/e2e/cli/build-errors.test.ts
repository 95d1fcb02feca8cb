import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CliOptions, runCli } from '../../support/cli.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

/** Wrong input of `build` that is found without a VM: what is said, where, and with which exit status. */
describe('firekiln build refuses', () => {
  const folder = useTemporaryFolder();
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder.path, 'ctx', name, '..'), { recursive: true });
      writeFileSync(join(folder.path, 'ctx', name), text);
    }
  };
  const build = async (args: readonly string[], options: CliOptions = {}) =>
    await runCli(['build', ...args], { cwd: join(folder.path, 'ctx'), dataDir: join(folder.path, 'data'), ...options });

  it('a folder without a Dockerfile', async () => {
    write({ a: '' });
    const { status, stderr } = await build(['.']);
    expect(stderr).toMatch(/error\[DOCKERFILE_MISSING\]: the Dockerfile Dockerfile does not exist/);
    expect(stderr).toMatch(/hint: .*-f/);
    expect(status).toBe(1);
  });

  it('a context that is not there', async () => {
    write({ a: '' });
    const { status, stderr } = await build(['./nowhere']);
    expect(stderr).toMatch(/error\[CONTEXT_MISSING\]: the build context .\/nowhere does not exist/);
    expect(status).toBe(1);
  });

  it('an unknown instruction, with the line and the nearest one', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPPY a /\n' });
    const { status, stderr } = await build(['.']);
    expect(stderr).toMatch(/Dockerfile:2:1/);
    expect(stderr).toMatch(/>>> COPPY a \//);
    expect(stderr).toMatch(/COPY/);
    expect(status).toBe(1);
  });

  it('a syntax error', async () => {
    write({ Dockerfile: 'FROM scratch\nENV\n' });
    const { status, stderr } = await build(['.']);
    expect(stderr).toMatch(/Dockerfile:2/);
    expect(status).toBe(1);
  });

  it('a source that is not in the context, naming pattern and context', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY srv/main.js /\n', 'src/main.js': '' });
    const { status, stderr } = await build(['.']);
    expect(stderr).toMatch(/error\[COPY_SOURCE_MISSING\]: .*srv\/main.js.*context/s);
    expect(stderr).toMatch(/Dockerfile:2/);
    expect(status).toBe(1);
  });

  it('to copy from outside of the context, also through a symlink', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY ../outside /\n', 'Dockerfile.link': 'FROM scratch\nCOPY link/passwd /\n' });
    writeFileSync(join(folder.path, 'outside'), 'secret');
    symlinkSync('/etc', join(folder.path, 'ctx', 'link'));
    for (const file of ['Dockerfile', 'Dockerfile.link']) {
      const { status, stderr } = await build(['-f', file, '.']);
      expect(stderr).toMatch(/error\[COPY_SOURCE_MISSING\]/);
      expect(status).toBe(1);
    }
  });

  it('an unknown stage, with the nearest one', async () => {
    write({ Dockerfile: 'FROM scratch AS build\nCOPY a /\n', a: '' });
    const { status, stderr } = await build(['--target', 'biuld', '.']);
    expect(stderr).toMatch(/biuld/);
    expect(stderr).toMatch(/Did you mean build\?/);
    expect(status).toBe(1);
  });

  it('a base that is nowhere, saying where it looked', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      write({ Dockerfile: `FROM 127.0.0.1:${port}/no/such:1\n` });
      const { status, stderr } = await build(['.']);
      expect(stderr).toMatch(/error\[BASE_NOT_FOUND\]: the image 127.0.0.1:\d+\/no\/such:1/);
      expect(stderr).toMatch(/looked in the image store/);
      expect(stderr).toMatch(/looked in the registry/);
      expect(stderr).toMatch(/Dockerfile:1/);
      expect(status).toBe(1);
    } finally {
      server.close();
    }
  });

  it('another platform', async () => {
    write({ Dockerfile: 'FROM scratch\n' });
    const { status, stderr } = await build(['--platform', 'linux/s390x', '.']);
    expect(stderr).toMatch(/error\[PLATFORM_INVALID\]: .*linux\/s390x.*builds for linux\//);
    expect(status).toBe(1);
  });

  it.each([
    [['--push', '.'], /--push of docker build is not a flag/],
    [['--network', 'host', '.'], /a VM is not on the network of the host/],
    [['-t', 'UPPER', '.'], /UPPER/],
    [['-o', 'type=qcow2,dest=x', '.'], /qcow2 is none of/],
    [['-f', 'https://example.test/Dockerfile', '.'], /brings its own context/],
    [['--build-arg', '=x', '.'], /no name before the =/],
  ])('the command line %j', async (args, message) => {
    write({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: '' });
    const { status, stderr } = await build(args);
    expect(stderr).toMatch(message);
    expect(status).toBeGreaterThan(0);
  });

  it('and leaves nothing unfinished behind', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY a b /dst/\nCOPY missing /\n', a: 'a', b: 'b' });
    expect((await build(['.'])).status).toBe(1);
    const store = join(folder.path, 'data', 'store');
    expect(readdirSync(join(store, 'sessions'))).toEqual([]);
    expect(readdirSync(join(store, 'trash'))).toEqual([]);
    write({ missing: '' });
    const again = await build(['-t', 'ok', '.']);
    expect(again.status).toBe(0);
  });
});
