import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inPlaceBase } from '../../../scripts/test-bed/in-place-base.ts';
import { type RunningProcess, runProcess, startProcess } from '../../../src/base/process.ts';
import { runCli } from '../../support/cli.ts';
import { fetchText } from '../../support/fetch-text.ts';
import { freePort } from '../../support/free-port.ts';
import { type GitServer, makeRepository, startGitHttp } from '../../support/git-servers.ts';

const id = `inplace-${process.pid}`;
const tag = `tests/${id}:1.9.3`;
let folder = '';
let agent: RunningProcess | undefined;
let git: GitServer | undefined;

const dockerfile = `
FROM debian:bookworm AS pages
RUN mkdir /pages && echo "page by $(cat /proc/1/comm)" >/pages/index.html

FROM debian:bookworm
ARG WHO=nobody
ENV GREETING="hello \${WHO}"
RUN useradd -u 4242 -m web
COPY --chown=web:web files/ /srv/files/
ADD tool.sh /usr/local/bin/tool
COPY --from=pages /pages /srv/www
USER web
WORKDIR /srv/files
RUN ["sh", "-c", "tool; echo as $(id -un) in $(pwd) at $HOME: $GREETING"]
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["busybox", "httpd", "-f"]
CMD ["-p", "8080", "-h", "/srv/www"]
`;

/** As those of baseos/: makes the image's command a service. */
const installer = `#!/bin/sh
set -e
. /etc/firebuild/cmd.env
[ "$#" = 0 ] && [ "$(id -u)" = 0 ]
cat >/etc/systemd/system/app.service <<END
[Service]
ExecStart=/bin/sh -c ". /etc/firebuild/cmd.env && cd $SERVICE_WORKDIR && exec $SERVICE_ENTRYPOINT $SERVICE_CMDS"
User=$SERVICE_USER
[Install]
WantedBy=multi-user.target
END
systemctl enable app.service
`;

const store = () => join(folder, 'rootfs');
const key = () => join(folder, 'id');

/** A base store with the same base in the second partition of its disk. */
async function partitionedStore(): Promise<string> {
  const root = join(folder, 'partitioned');
  const place = '_/debian/bookworm';
  await mkdir(join(root, place), { recursive: true });
  const [from, to] = [join(store(), place, 'root.ext4'), join(root, place, 'root.ext4')];
  const { size } = await stat(from);
  await writeFile(to, '');
  await truncate(to, size + (4 << 20));
  const script = `label: gpt\nstart=2048, size=1024\nstart=4096, size=${size / 512}\n`;
  await runProcess('sfdisk', { args: ['--quiet', to], stdin: { text: script } });
  await runProcess('dd', { args: [`if=${from}`, `of=${to}`, 'bs=1M', 'seek=2', 'conv=notrunc,sparse', 'status=none'] });
  return root;
}

/** `debugfs` on a disk. */
async function look(disk: string, what: string): Promise<string> {
  return (await runProcess('debugfs', { args: ['-R', what, disk] })).stdout.toString();
}

function build(args: readonly string[], env: Readonly<Record<string, string>>) {
  const flags = [
    '--driver=qemu',
    `--machine-rootfs-base=${store()}`,
    '--machine-ssh-user=debian',
    '--resources-mem=512',
  ];
  return runCli(['build', ...flags, ...args], { env: { SSH_AUTH_SOCK: '', ...env }, cwd: folder });
}

describe('building in place', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fk-in-place-'));
    const place = join(store(), '_/debian/bookworm');
    await mkdir(place, { recursive: true });
    const disk = join(place, 'root.ext4');
    await copyFile(await inPlaceBase(), disk);
    await runProcess('ssh-keygen', { args: ['-q', '-t', 'ed25519', '-N', '', '-C', id, '-f', key()] });
    const ssh = '/home/debian/.ssh';
    const script = [
      `mkdir ${ssh}`,
      `write ${key()}.pub ${ssh}/authorized_keys`,
      `sif ${ssh} mode 040700`,
      `sif ${ssh}/authorized_keys mode 0100600`,
      ...['uid', 'gid'].flatMap((field) => [`sif ${ssh} ${field} 1000`, `sif ${ssh}/authorized_keys ${field} 1000`]),
    ];
    await writeFile(join(folder, 'debugfs'), `${script.join('\n')}\n`);
    await runProcess('debugfs', { args: ['-w', '-f', join(folder, 'debugfs'), disk] });
    const socket = join(folder, 'agent');
    agent = await startProcess('ssh-agent', { args: ['-D', '-a', socket], dieWithParent: true });
    await sleep(300);
    await runProcess('ssh-add', { args: [key()], env: { ...process.env, SSH_AUTH_SOCK: socket } });
    await makeRepository(folder, 'app', {
      '0.X/Dockerfile': { text: dockerfile },
      '0.X/files/a.txt': { text: 'a\n' },
      '0.X/files/run': { text: '#!/bin/sh\n', mode: 0o755 },
      '0.X/tool.sh': { text: '#!/bin/sh\necho tool of git\n', mode: 0o755 },
    });
    git = await startGitHttp(folder);
    await writeFile(join(folder, 'installer.sh'), installer);
    await writeFile(join(folder, 'Dockerfile'), 'FROM debian:bookworm\n');
  });
  afterAll(async () => {
    await runCli(['rm', '-f', id]);
    await runCli(['rmi', '-f', tag]);
    await agent?.stop();
    await git?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs steps, commands and the installer in the base, and keeps its disk', async () => {
    const { status, stderr } = await build(
      [
        `--dockerfile=git+${git?.url}/app.git:/0.X/Dockerfile#main`,
        '--pre-build-command=echo pre as $(id -un); ssh-add -l | wc -l',
        '--init-command=echo older',
        '--post-build-command=systemctl is-enabled app.service',
        '--service-file-installer=installer.sh',
        '--build-arg=WHO=moon',
        '--egress-no-wait',
        '--log-as-json',
        '--log-level=debug',
        `--tag=${tag}`,
      ],
      { SSH_AUTH_SOCK: join(folder, 'agent') },
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('page by');
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const logs = lines
      .filter((line) => (line.event as { event: string }).event === 'node.log')
      .map((line) => line['@message']);
    const text = logs.join('\n');
    expect(text).toMatch(
      /older[\s\S]*pre as root[\s\S]*1[\s\S]*tool of git[\s\S]*as web in \/srv\/files at \/home\/web: hello moon[\s\S]*enabled/,
    );
    const commands = lines.filter((line) => line['@message'] === 'Running remote command');
    expect(commands[0]).toMatchObject({
      '@level': 'debug',
      '@module': 'build.remote-client.connected-remote-client',
      command: expect.stringMatching(/^sudo /),
      'vmm-id': expect.stringMatching(/^build-/),
    });

    const builds = join(store(), `_builds/tests/${id}/1.9.3`);
    const rootfs = join(builds, 'rootfs');
    await runProcess('e2fsck', { args: ['-fn', rootfs] });
    const metadata = JSON.parse(await readFile(join(builds, 'metadata.json'), 'utf8')) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      ports: ['8080/tcp'],
      'created-at-utc': expect.any(Number),
      tags: [`docker.io/${tag}`],
    });
    expect(await look(rootfs, 'cat /etc/firebuild/cmd.env')).toMatch(
      /SERVICE_WORKDIR="\/srv\/files"\nSERVICE_SHELL="\/bin\/sh -c"\nSERVICE_ENTRYPOINT="busybox httpd -f"\nSERVICE_CMDS="-p 8080 -h \/srv\/www"\nSERVICE_USER="web"\n[\s\S]*export GREETING="hello moon"/,
    );
    expect(await look(rootfs, 'cat /srv/www/index.html')).toBe('page by systemd\n');
    expect(await look(rootfs, 'stat /srv/files/run')).toMatch(/Mode:\s+0755[\s\S]*User:\s+4242/);
    expect(await look(rootfs, 'stat /srv/files/a.txt')).toMatch(/Mode:\s+0644[\s\S]*User:\s+4242/);
    expect(await look(rootfs, 'stat /data')).toMatch(/Type: directory/);
    // The base's own access stays, nothing of the build's is left.
    expect(await look(rootfs, 'cat /home/debian/.ssh/authorized_keys')).toBe(await readFile(`${key()}.pub`, 'utf8'));
    expect(await look(rootfs, 'ls /lib/modules')).not.toMatch(/cloud/);
  });

  // The last ones side by side: a guest keeps one core busy.
  it.concurrent('gives an image whose service answers when it boots by itself', async () => {
    const port = await freePort();
    const flags = ['--driver=qemu', '--root', 'flat', '--init', 'image', '-d', '--name', id, '-p', `${port}:8080`];
    const started = await runCli(['run', ...flags, tag]);
    expect(started.status, started.stderr).toBe(0);
    expect(await fetchText(`http://127.0.0.1:${port}/`, 300_000)).toBe('page by systemd\n');
    const removed = await runCli(['rm', '-f', id]);
    expect(removed.status, removed.stderr).toBe(0);
  });

  it.concurrent('boots from a partition, names the keys that the base refuses, and leaves nothing', async () => {
    const other = join(folder, 'other');
    await runProcess('ssh-keygen', { args: ['-q', '-t', 'ed25519', '-N', '', '-C', 'stranger', '-f', other] });
    const root = await partitionedStore();
    const flags = [`--machine-rootfs-base=${root}`, `--machine-ssh-key-file=${other}`, '--tag=tests/none:1'];
    const { status, stderr } = await build(flags, {});
    expect(status).toBe(1);
    expect(stderr).toMatch(/error\[SSH_REFUSED\]: .*user debian/);
    expect(stderr).toMatch(/other: ssh-ed25519 SHA256:\S+ stranger/);
    expect(await readFile(join(root, '_builds/tests/none/1/rootfs')).catch(() => 'none')).toBe('none');
  });

  it.concurrent('says what a base lacks: the user, an SSH server', async () => {
    const flags = ['--machine-ssh-key-file=', '--tag=tests/lacking:1'];
    const nobody = await build([...flags, '--machine-ssh-user=nobody-here'], {});
    expect(nobody.status).toBe(1);
    expect(nobody.stderr).toMatch(/error\[BASE_UNUSABLE\]: .*no user nobody-here[\s\S]*hint: .*--machine-ssh-user/);
    const root = join(folder, 'silent');
    const place = join(root, '_/debian/bookworm');
    await mkdir(place, { recursive: true });
    await copyFile(join(store(), '_/debian/bookworm/root.ext4'), join(place, 'root.ext4'));
    await runProcess('debugfs', { args: ['-w', '-R', 'rm /usr/sbin/sshd', join(place, 'root.ext4')] });
    const silent = await build([...flags, `--machine-rootfs-base=${root}`], {});
    expect(silent.status).toBe(1);
    expect(silent.stderr).toMatch(/error\[BASE_UNUSABLE\]: .*no SSH server[\s\S]*hint: Install openssh-server/);
  });
});
