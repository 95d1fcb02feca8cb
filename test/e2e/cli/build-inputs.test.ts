import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CliOptions, runCli } from '../../support/cli.ts';
import { makeRepository, startGitHttp } from '../../support/git-servers.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

/** Where Dockerfiles and contexts come from; no build here needs a VM. */
describe('firekiln build takes', () => {
  const folder = useTemporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(at(name), '..'), { recursive: true });
      writeFileSync(at(name), text);
    }
  };
  /** Builds, and gives the members of the image's tar. */
  const filesOf = async (args: readonly string[], options: CliOptions = {}): Promise<string[]> => {
    const out = ['-o', `type=tar,dest=${at('out.tar')}`];
    const result = await runCli(['build', ...out, ...args], { cwd: folder.path, dataDir: at('data'), ...options });
    expect(result.status, result.stderr).toBe(0);
    return execFileSync('tar', ['-tf', at('out.tar')], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort();
  };

  it('a Dockerfile of another folder, and its own ignore file before that of the context', async () => {
    write({
      'docker/app.Dockerfile': 'FROM scratch\nCOPY . /\n',
      'docker/app.Dockerfile.dockerignore': 'no\n',
      'ctx/.dockerignore': 'yes\n',
      'ctx/yes': '',
      'ctx/no': '',
    });
    expect(await filesOf(['-f', 'docker/app.Dockerfile', 'ctx'])).toEqual(['.dockerignore', 'yes']);
    expect(await filesOf(['-f', 'docker/app.Dockerfile'])).toEqual(['app.Dockerfile', 'app.Dockerfile.dockerignore']);
  });

  it('a Dockerfile on standard input, alone and with a context', async () => {
    write({ 'ctx/a': '' });
    expect(await filesOf(['-f', '-', 'ctx'], { stdin: 'FROM scratch\nCOPY a /b\n' })).toEqual(['b']);
    const alone = 'FROM scratch\nCOPY <<EOF /c\ntext\nEOF\n';
    expect(await filesOf(['-'], { stdin: alone })).toEqual(['c']);
  });

  it('an archive on standard input, plain and compressed', async () => {
    write({ 'ctx/Dockerfile': 'FROM scratch\nCOPY . /\n', 'ctx/.dockerignore': '*\n!a\n', 'ctx/a': '', 'ctx/b': '' });
    const tar = execFileSync('tar', ['-C', at('ctx'), '-cf', '-', '.']);
    expect(await filesOf(['-'], { stdin: tar })).toEqual(['a']);
    expect(await filesOf(['-'], { stdin: gzipSync(tar) })).toEqual(['a']);
  });

  it('a git repository in both forms, with the modes that git knows', async () => {
    await makeRepository(folder.path, 'repo', {
      'sub/Dockerfile': { text: 'FROM scratch\nCOPY . /\n' },
      'sub/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
      top: { text: '' },
    });
    await using server = await startGitHttp(folder.path);
    const url = `${server.url}/repo.git`;
    expect(await filesOf([`${url}#main:sub`])).toEqual(['Dockerfile', 'run.sh']);
    expect(await filesOf(['--dockerfile', `git+${url}:/sub/Dockerfile#main`])).toEqual(['Dockerfile', 'run.sh']);
    const listed = execFileSync('tar', ['-tvf', at('out.tar')], { encoding: 'utf8' });
    expect(listed).toMatch(/-rwxr-xr-x .* run\.sh/);
    expect(listed).toMatch(/-rw-r--r-- .* Dockerfile/);
  });

  it('a Dockerfile of an HTTP server, whose single files COPY reads', async () => {
    const files: Readonly<Record<string, string>> = {
      '/0.X/Dockerfile': 'FROM scratch\nCOPY entrypoint.sh /\nADD ./entrypoint.sh /bin/\n',
      '/0.X/entrypoint.sh': '#!/bin/sh\n',
    };
    const server = createServer((request, response) => {
      const text = files[request.url ?? ''];
      if (text === undefined) response.writeHead(404).end();
      else response.end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const url = `http://127.0.0.1:${port}/0.X/Dockerfile`;
      expect(await filesOf([`--dockerfile=${url}`])).toEqual(['bin/', 'bin/entrypoint.sh', 'entrypoint.sh']);
    } finally {
      server.close();
    }
  });

  it('a base of a base store, which is a disk that build made', async () => {
    write({
      'base/Dockerfile': 'FROM scratch\nCOPY a /etc/a\n',
      'base/a': 'a',
      'ctx/Dockerfile': 'FROM mini:1\nCOPY b /etc/\n',
      'ctx/b': '',
      'store/_/mini/1/.keep': '',
    });
    await filesOf(['-o', `type=ext4,dest=${at('store/_/mini/1/root.ext4')}`, 'base']);
    const files = await filesOf(['--machine-rootfs-base', 'store', 'ctx']);
    expect(files).toEqual(expect.arrayContaining(['etc/', 'etc/a', 'etc/b']));
  });

  it('named contexts', async () => {
    write({
      'ctx/Dockerfile': 'FROM scratch\nCOPY --from=assets a /\nCOPY b /\n',
      'ctx/b': '',
      'other/a': '',
    });
    expect(await filesOf(['--build-context', 'assets=other', 'ctx'])).toEqual(['a', 'b']);
  });
});
