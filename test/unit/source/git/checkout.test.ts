import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOut } from '../../../../src/source/git/checkout.ts';
import { resolveRef } from '../../../../src/source/git/resolve-ref.ts';
import { withoutCredentials } from '../../../../src/source/git/run-git.ts';
import {
  type GitServer,
  makeRepository,
  type SshServer,
  startGitDaemon,
  startGitHttp,
  startSshServer,
} from '../../../support/git-servers.ts';

let folder = '';
let commit = '';
let daemon: GitServer;
let http: GitServer;
let ssh: SshServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-git-'));
  commit = await makeRepository(
    folder,
    'app',
    {
      Dockerfile: { text: 'FROM scratch\n' },
      '0.X/Dockerfile': { text: 'FROM scratch\nCOPY run.sh /\n' },
      '0.X/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
      '0.X/link': { link: 'run.sh' },
      out: { link: '/etc' },
    },
    [
      ['tag', '-a', 'v1', '-m', 'one'],
      ['branch', 'side'],
    ],
  );
  [daemon, http, ssh] = await Promise.all([startGitDaemon(folder), startGitHttp(folder), startSshServer(folder)]);
});

afterAll(async () => {
  await Promise.all([daemon, http, ssh].map((server) => server?.[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true, force: true });
});

const gitIn = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();

const take = async (
  remote: string,
  ref?: string,
  more: { subdir?: string; keepGitDir?: boolean; checksum?: string } = {},
) => {
  const resolved = await resolveRef(remote, ref, {});
  return await checkOut(
    { remote, ref: resolved, keepGitDir: false, submodules: true, ...more },
    { cacheFolder: join(folder, 'cache'), temporaryFolder: join(folder, 'tmp') },
  );
};

describe('a git checkout', () => {
  it.each(['git', 'http', 'ssh'] as const)('comes over %s, with modes and links', async (kind) => {
    const remote = {
      git: () => `${daemon.url}/app.git`,
      http: () => `${http.url}/app.git`,
      ssh: () => `${ssh.url}${folder}/app.git`,
    }[kind]();
    process.env.GIT_SSH_COMMAND = ssh.sshCommand;
    try {
      await using checkout = await take(remote);
      expect(checkout.commit).toBe(commit);
      expect(checkout.time).toBe(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000);
      expect(readdirSync(checkout.folder).sort()).toEqual(['0.X', 'Dockerfile', 'out']);
      expect(lstatSync(join(checkout.folder, '0.X/run.sh')).mode & 0o111).toBe(0o111);
      expect(readlinkSync(join(checkout.folder, '0.X/link'))).toBe('run.sh');
    } finally {
      delete process.env.GIT_SSH_COMMAND;
    }
  });

  it('takes a branch, an annotated tag, a commit, an abbreviated commit and a full name', async () => {
    const remote = `${daemon.url}/app.git`;
    for (const ref of ['side', 'v1', commit, commit.slice(0, 10), 'refs/heads/side']) {
      await using checkout = await take(remote, ref);
      expect(checkout.commit).toBe(commit);
    }
  });

  it('gives a folder of the repository, never through a symlink of it', async () => {
    const remote = `${daemon.url}/app.git`;
    await using checkout = await take(remote, 'main', { subdir: '0.X' });
    expect(readFileSync(join(checkout.folder, 'Dockerfile'), 'utf8')).toContain('COPY run.sh');
    await expect(take(remote, 'main', { subdir: 'out' })).rejects.toMatchObject({ code: 'GIT_REF_MISSING' });
    await expect(take(remote, 'main', { subdir: '../tmp' })).rejects.toMatchObject({ code: 'GIT_REF_MISSING' });
    await expect(take(remote, 'main', { subdir: 'nope' })).rejects.toThrow('has no folder nope at refs/heads/main');
  });

  it('keeps .git if asked to, without credentials', async () => {
    await using checkout = await take(`${http.url.replace('http://', 'http://me:secret@')}/app.git`, 'main', {
      keepGitDir: true,
    });
    expect(readdirSync(checkout.folder)).toContain('.git');
    expect(readFileSync(join(checkout.folder, '.git/config'), 'utf8')).not.toContain('secret');
    expect(gitIn(checkout.folder, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect(gitIn(checkout.folder, 'status', '--porcelain')).toBe('');
  });

  it('keeps the tag that was asked for, and no word of where it has been', async () => {
    // The commit is in the cache already.
    await using tagged = await take(`${daemon.url}/app.git`, 'v1', { keepGitDir: true });
    expect(gitIn(tagged.folder, 'describe')).toBe('v1');
    await using untold = await take(`${daemon.url}/app.git`, undefined, { keepGitDir: true });
    expect(gitIn(untold.folder, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    for (const it of [tagged, untold])
      expect(() => execFileSync('grep', ['-rF', join(folder, 'cache'), it.folder])).toThrow();
  });

  it('holds the commit against the checksum', async () => {
    const remote = `${daemon.url}/app.git`;
    await using right = await take(remote, 'main', { checksum: commit.slice(0, 12) });
    expect(right.commit).toBe(commit);
    await expect(take(remote, 'main', { checksum: '0123456' })).rejects.toMatchObject({ code: 'GIT_CHECKSUM' });
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('says what is wrong', async () => {
    await expect(take(`${daemon.url}/app.git`, 'nope')).rejects.toThrow('has no branch, tag or commit nope');
    await expect(take(`${daemon.url}/app.git`, '0123456789')).rejects.toThrow('no commit that starts with 0123456789');
    await expect(take(`${http.url}/none.git`)).rejects.toMatchObject({ code: 'GIT_FAILED' });
    await expect(take('ext::sh -c "touch /tmp/never"')).rejects.toMatchObject({ code: 'GIT_FAILED' });
    await expect(take(folder)).rejects.toMatchObject({ code: 'GIT_FAILED' });
    await expect(take(`${daemon.url}/app.git`, '--upload-pack=touch x')).rejects.toMatchObject({
      code: 'GIT_REF_MISSING',
    });
  });

  it('leaves credentials out of what is shown', () => {
    expect(withoutCredentials('fatal: https://me:pw@host/x and ssh://git@h/y')).toBe(
      'fatal: https://host/x and ssh://h/y',
    );
  });
});
