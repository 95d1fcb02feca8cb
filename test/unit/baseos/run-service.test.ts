import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { findTool } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const installers = {
  systemd: 'baseos/_/debian/debian.systemd.service.sh',
  OpenRC: 'baseos/_/alpine/alpine.local.d.service.sh',
} as const;
const isRoot = process.getuid?.() === 0;
const shells = ['/bin/sh', ...[findTool('busybox')].flatMap((path) => (path === undefined ? [] : [`${path} sh`]))];

/** The part of an installer that becomes the program, reading its files below `root`. */
function runService(installer: keyof typeof installers, root: string): string {
  const text = readFileSync(installers[installer], 'utf8');
  const [, script = ''] = /run-service <<'script'\n(.*?)\nscript\n/s.exec(text) ?? [];
  return script.replaceAll('/etc/', `${root}/etc/`);
}

function run(
  shell: string,
  env: string,
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const root = folder.path;
  mkdirSync(join(root, 'etc/firebuild'), { recursive: true });
  writeFileSync(join(root, 'etc/firebuild/cmd.env'), env);
  const user = 'web:x:4711:4712::/home/web:/bin/sh\n';
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0::/root:/bin/sh\n${user}4711:x:1:1::/:/bin/sh\n`);
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nweb:x:4712:\nextra:x:4713:web\n');
  const file = join(root, 'run-service');
  writeFileSync(file, runService('systemd', root));
  chmodSync(file, 0o755);
  // A user other than root has to get there.
  for (let path = root; path !== '/tmp' && path !== '/'; path = join(path, '..')) if (isRoot) chmodSync(path, 0o755);
  const [program = '', ...args] = shell.split(' ');
  const { status, stdout, stderr } = spawnSync(program, [...args, file], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  });
  return { status, out: stdout, err: stderr };
}

describe.each(shells)('the service of an image, with %s', (shell) => {
  // A test that does not run as root can become nobody else.
  const self = isRoot ? '' : `SERVICE_USER="${process.getuid?.()}:${process.getgid?.()}"\n`;
  const it0 = it.skipIf(!isRoot);

  it0('hands words on as they are: exec form', () => {
    const env = [
      'export SERVICE_WORKDIR="/usr/share"',
      `export SERVICE_ENTRYPOINT="printf '%s|%s|%s\\n'"`,
      `export SERVICE_CMDS="'a  b' \\"it's\\" '\\$HOME*'"`,
    ].join('\n');
    expect(run(shell, env)).toEqual({ status: 0, out: "a  b|it's|$HOME*\n", err: '' });
  });

  it0('leaves a shell form to its shell, with the variables of the image', () => {
    const env = [
      'SERVICE_WORKDIR="/usr/share"',
      'SERVICE_SHELL="/bin/sh -c"',
      `SERVICE_ENTRYPOINT="/bin/sh -c 'pwd; echo \\"\\$GREETING\\" && echo \\$HOME; exit 7'"`,
      'SERVICE_CMDS=""',
      'SERVICE_USER="0:0"',
      'export GREETING="a  \\$b"',
    ].join('\n');
    expect(run(shell, env)).toEqual({ status: 7, out: '/usr/share\na  $b\n/root\n', err: '' });
  });

  it0('takes the plain words of the original tool', () => {
    const env = 'export SERVICE_WORKDIR="/"\nexport SERVICE_ENTRYPOINT="echo"\nexport SERVICE_CMDS="agent -dev"\n';
    expect(run(shell, env).out).toBe('agent -dev\n');
  });

  it0.each([
    ['web', '4711 4712 4712'],
    ['4711', '1 1 1'],
    ['web:extra', '4711 4713 4713'],
    ['5000', '5000 0 0'],
    ['5000:extra', '5000 4713 4713'],
    ['5000:6000', '5000 6000 6000'],
    ['', '0 0 0'],
  ])('becomes the user %s', (user, ids) => {
    const show = `/bin/sh -c 'echo \\$(id -u) \\$(id -g) \\$(id -G)'`;
    // --init-groups asks the host's own files, which know no such user.
    const env = `SERVICE_USER="${user}"\nSERVICE_CMDS="${show}"\n`;
    const { out, err } = run(shell, env);
    if (user === 'web' || user === '4711') expect([`${ids}\n`, '']).toContain(out);
    else expect({ out, err }).toEqual({ out: `${ids}\n`, err: '' });
  });

  it('says which user there is not', () => {
    expect(run(shell, 'SERVICE_USER="nobody-here"\nSERVICE_CMDS="true"\n')).toMatchObject({
      status: 1,
      err: 'run-service: there is no user nobody-here\n',
    });
  });

  it.skipIf(isRoot)('runs as the user that it is', () => {
    expect(run(shell, `${self}SERVICE_CMDS="true"\n`).status).not.toBe(null);
  });
});

describe.each(shells)('what keeps the program running under OpenRC, with %s', (shell) => {
  const start = (program: string, edit = (script: string) => script) => {
    const root = folder.path;
    const text = readFileSync(installers.OpenRC, 'utf8');
    const [, script = ''] = /keep-running <<'script'\n(.*?)\nscript\n/s.exec(text) ?? [];
    const [file, service, console] = ['keep-running', 'run-service', 'console'].map((name) => join(root, name));
    writeFileSync(`${console}`, '');
    writeFileSync(`${service}`, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    const own = script.replaceAll('/etc/firebuild/run-service', `${service}`).replace('/dev/console', `${console}`);
    writeFileSync(`${file}`, edit(own.replace('sleep 2', 'sleep 0.1')), { mode: 0o755 });
    const [program0 = '', ...args] = shell.split(' ');
    const child = spawn(program0, [...args, `${file}`]);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, ended, said: () => readFileSync(`${console}`, 'utf8') };
  };

  it('starts it again after failures, and not after an end', async () => {
    const count = join(folder.path, 'count');
    writeFileSync(count, '');
    const { ended, said } = start(`echo x >>${count}; [ "$(wc -l <${count})" -ge 3 ] || exit 3; echo done`);
    expect(await ended).toBe(0);
    expect(said()).toBe(`${'The program ended with exit code 3 and is started again.\n'.repeat(2)}done\n`);
  });

  it('hands the signal to end on, and ends with the program', async () => {
    const { child, ended, said } = start('trap "echo asked; exit 5" TERM; echo up; while :; do sleep 0.05; done');
    while (!said().includes('up')) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said()).toBe('up\nasked\n');
  });

  it('hands on also a signal that comes before it knows the program', async () => {
    const late = (script: string) => script.replace('  child=$!', '  sleep 0.3\n  child=$!');
    const { child, ended, said } = start('trap "echo asked; exit 5" TERM; echo up; while :; do sleep 0.05; done', late);
    while (!said().includes('up')) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said()).toBe('up\nasked\n');
  });
});

describe('the installers', () => {
  it('run the program in the same way', () => {
    expect(runService('OpenRC', '')).toBe(runService('systemd', ''));
    const read = (path: string) => readFileSync(path, 'utf8');
    expect(read('baseos/_/ubuntu/ubuntu.systemd.service.sh')).toBe(read(installers.systemd));
  });

  it.each(Object.values(installers))('%s is a script for a plain shell', (path) => {
    for (const shell of shells) {
      const [program = '', ...args] = shell.split(' ');
      expect(spawnSync(program, [...args, '-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });
});
