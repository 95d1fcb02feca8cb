import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { describeWithTools, findTool } from '../../support/tools.ts';

const id = `ssh-mount-${process.pid}`;
const tag = `${id}/app:1`;

/** ssh-add -T makes the agent sign something, and checks it with the public key. */
const dockerfile = `
FROM scratch AS base
COPY rootfs /
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd && mkdir -m 1777 /tmp

FROM base AS signed
COPY key.pub /key.pub
RUN --mount=type=ssh --mount=type=cache,id=${id},target=/cache \\
  ssh-add -l >/listed && ssh-add -T /key.pub && echo "$SSH_AUTH_SOCK" >/where && test -S "$SSH_AUTH_SOCK" && date >>/cache/log
RUN echo "sock=$SSH_AUTH_SOCK" >/later; ssh-add -l >>/later 2>&1; find / -xdev -type s >>/later; ls /run >>/later; true
RUN --mount=type=ssh,id=other,uid=1000,mode=0600 ls -ln "$SSH_AUTH_SOCK" >/other 2>&1; ssh-add -l >>/other 2>&1; true
`;

describeWithTools(
  ['qemu-system-x86_64', 'passt', 'ssh-agent', 'ssh-add'],
  'RUN --mount=type=ssh and type=cache',
  () => {
    let folder: string;
    let agent: ChildProcess;
    const at = (name: string) => join(folder, name);
    const build = async (...args: string[]) =>
      await runCli(['build', '-t', tag, '-o', `type=tar,dest=${at('out.tar')}`, ...args, at('ctx')], {
        env: { SSH_AUTH_SOCK: at('agent') },
      });
    const fileOf = (name: string) => execFileSync('tar', ['-xOf', at('out.tar'), name], { encoding: 'utf8' });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'firekiln-ssh-'));
      mkdirSync(at('ctx'));
      addProgram(findTool('busybox') ?? '', at('ctx/rootfs'), '/bin/busybox');
      addProgram(findTool('ssh-add') ?? '', at('ctx/rootfs'), '/bin/ssh-add');
      mkdirSync(at('ctx/rootfs/etc'));
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'the test key', '-f', at('ctx/key')]);
      writeFileSync(at('ctx/.dockerignore'), 'key\n');
      writeFileSync(at('ctx/Dockerfile'), dockerfile);
      agent = spawn('ssh-agent', ['-D', '-a', at('agent')], { stdio: 'ignore' });
      for (let attempt = 0; !addKey(at('ctx/key'), at('agent')); attempt++) {
        if (attempt === 100) throw new Error('ssh-agent does not answer');
        await delay(100);
      }
    });
    afterAll(async () => {
      agent.kill();
      await runCli(['rmi', '-f', tag]);
      await runCli(['purge', '--filter', 'type=cachemount']);
      rmSync(folder, { recursive: true, force: true });
    });

    it('a step lists the keys of the agent on the host and signs with one; nothing of it stays', async () => {
      const missing = await build();
      expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('ssh-add')]);

      const { status, stderr } = await build('--ssh', 'default');
      expect(status, stderr).toBe(0);
      expect(fileOf('listed')).toContain('the test key');
      expect(fileOf('where')).toBe('/run/buildkit/ssh_agent.0\n');
      // The next step of the same machine, and one that asks for an agent that was not given.
      expect(fileOf('later')).toMatch(/^sock=\n.*(?:Could not open|Error connecting)/);
      expect(fileOf('later')).not.toMatch(/agent\.0|buildkit/);
      expect(fileOf('other')).not.toContain('the test key');

      const names = execFileSync('tar', ['-tf', at('out.tar')], { encoding: 'utf8' });
      expect(names).not.toMatch(/buildkit|ssh_agent|^run\/./m);
      const secret = readFileSync(at('ctx/key'), 'utf8').split('\n')[2] ?? '';
      expect(secret).toMatch(/^\S{60,}$/);
      expect(readFileSync(at('out.tar')).includes(secret)).toBe(false);
      expect(stderr + (await runCli(['inspect', tag])).stdout).not.toMatch(/agent'|\/agent\b/);
    });

    it('the cache mount is listed with its last user, and purged', async () => {
      const list = await runCli(['inspect', '--cache-mounts', '--json', id]);
      expect(list.status, list.stderr).toBe(0);
      expect(JSON.parse(list.stdout)).toMatchObject([
        { id, target: '/cache', inUse: false, usedBy: `build of ${tag}`, lastUsed: expect.stringMatching(/^20/) },
      ]);
      expect((await runCli(['inspect', '--cache-mounts'])).stdout).toMatch(new RegExp(`^${id} +/cache +\\d`, 'm'));
      const purged = await runCli(['purge', '--filter', 'type=cachemount']);
      expect(purged.stdout).toMatch(/^cachemount /m);
      expect((await runCli(['inspect', '--cache-mounts', id])).stderr).toContain(`there is no cache mount ${id}`);
    });
  },
);

/** A program of the host with the libraries that it names. */
function addProgram(program: string, root: string, to: string): void {
  const libraries = [...linkedTo(program)];
  for (const [from, path] of [[program, to], ...libraries.map((it) => [it, it])] as [string, string][]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(realpathSync(from), join(root, path));
  }
}

function linkedTo(program: string): readonly string[] {
  try {
    const told = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...told.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  } catch {
    // Static.
    return [];
  }
}

function addKey(key: string, socket: string): boolean {
  try {
    execFileSync('ssh-add', ['-q', key], { stdio: 'ignore', env: { ...process.env, SSH_AUTH_SOCK: socket } });
    return true;
  } catch {
    return false;
  }
}
