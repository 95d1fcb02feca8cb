import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitForSsh } from '../../../src/guest/base/wait-for-ssh.ts';
import { createKeyPair } from '../../../src/ssh/keys.ts';
import { SshConnection } from '../../../src/ssh/ssh-connection.ts';
import { alpineDisk } from '../../support/alpine-disk.ts';
import { writeAlpineContext } from '../../support/alpine-stand-ins.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { fetchText } from '../../support/fetch-text.ts';
import { freePort } from '../../support/free-port.ts';
import { shareAppliance } from '../../support/share-appliance.ts';
import { describeWithTools } from '../../support/tools.ts';

const recipe = 'baseos/_/alpine/3.22';
const tools = ['qemu-system-x86_64', 'qemu-img', 'passt', 'pip', 'sshd', 'ssh-keygen', 'setpriv'];

const serve = '#!/bin/sh\necho $$ >/tmp/pid\nexport ARG=$1\nexec nc -lk -p "$2" -e answer\n';
const answer = `#!/bin/sh
read -r line
case $line in *crash*) kill -9 "$(cat /tmp/pid)"; exit ;; esac
printf 'HTTP/1.0 200 OK\\r\\n\\r\\n%s\\n%s\\n%s\\n%s\\n%s\\n' "$ARG" "$PWD" "$(id -un)" "$HOME" "$GREETING"
`;
const cmdEnv = `SERVICE_WORKDIR="/srv/a b"
SERVICE_SHELL="/bin/sh -c"
SERVICE_ENTRYPOINT="serve '\\$x \\"q\\" it'\\\\''s'"
SERVICE_CMDS="8080"
SERVICE_USER="alpine"
export PATH="/usr/local/bin:/usr/bin:/bin"
export GREETING="hello \\$world"
`;
const dockerfile = `FROM base/alpine:3.22
COPY --chmod=755 serve answer installer.sh /usr/local/bin/
COPY cmd.env /etc/firebuild/cmd.env
RUN mkdir "/srv/a b" && installer.sh
`;

// Minutes of emulated boots, for what the other tests hold in its parts.
(process.env.FIREKILN_TEST_FULL === '1'
  ? describeWithTools
  : (_: unknown, title: string) => describe.skip(title, () => {}))(tools, 'an Alpine that boots by itself', () => {
  let folder = '';
  const key = createKeyPair();
  const cli = async (...args: string[]): Promise<CliResult> => {
    const result = await runCli(args, { dataDir: join(folder, 'data') });
    expect(result.status, `${args.join(' ')}\n${result.stderr}`).toBe(0);
    return result;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-alpine-'));
    await shareAppliance(join(folder, 'data'));
    await writeFile(join(folder, 'key.pub'), `${key.authorizedKey.trim()} tester\n`);
    await mkdir(join(folder, 'bases/_/alpine/disk'), { recursive: true });
    await copyFile(await alpineDisk(), join(folder, 'bases/_/alpine/disk/root.ext4'));
    await writeAlpineContext(join(folder, 'alpine'));
    const context = join(folder, 'context');
    await mkdir(context);
    await copyFile('baseos/_/alpine/alpine.local.d.service.sh', join(context, 'installer.sh'));
    const files = { serve, answer, 'cmd.env': cmdEnv, Dockerfile: dockerfile };
    for (const [name, text] of Object.entries(files)) await writeFile(join(context, name), text);
  });
  afterAll(async () => {
    await runCli(['rm', '-f', 'box'], { dataDir: join(folder, 'data') });
    await rm(folder, { recursive: true, force: true });
  });

  it('is built by its recipe with the apk and the OpenRC of Alpine', async () => {
    const bases = `--machine-rootfs-base=${join(folder, 'bases')}`;
    await cli('build', bases, '-t', 'alpine:3.22', join(folder, 'alpine'));
    const flags = ['-t', 'base/alpine:3.22', '--ssh-authorized-key', join(folder, 'key.pub')];
    const { stderr } = await cli('base', 'build', ...flags, recipe);
    expect(stderr).toContain('Installing openssh-server (1-r0)');
    expect(stderr).toContain('service base-network added to runlevel default');
  });

  it('boots with its own init, and runs the program of an image as a service', async () => {
    await cli('build', '-t', 'served', join(folder, 'context'));
    const [web, ssh] = [await freePort(), await freePort()];
    const ports = ['-p', `${web}:8080`, '-p', `${ssh}:22`];
    await cli('run', '-d', '--name', 'box', '--init', 'image', '--root', 'flat', ...ports, 'served');
    const facts = `$x "q" it's\n/srv/a b\nalpine\n/home/alpine\nhello $world\n`;
    expect(await fetchText(`http://127.0.0.1:${web}/`, 240_000)).toBe(facts);

    await using connection = await SshConnection.open({
      stream: await waitForSsh(async () => connect(ssh, '127.0.0.1'), AbortSignal.timeout(240_000)),
      username: 'alpine',
      keys: [{ type: 'file', privateKey: key.privateKey }],
      handshakeMs: 120_000,
    });
    const { stream, exit } = await connection.exec('sudo id -u; sudo sshd -T | grep -i tcpforwarding; rc-status -r');
    let said = '';
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
    expect((await exit).exitCode).toBe(0);
    expect(said).toBe('0\nallowtcpforwarding yes\ndefault\n');

    await fetch(`http://127.0.0.1:${web}/crash`).catch(() => {});
    expect(await fetchText(`http://127.0.0.1:${web}/`, 240_000)).toBe(facts);
    const status = await cli('exec', 'box', 'rc-service', 'image-program', 'status');
    expect(status.stdout).toContain('status: started');

    await cli('stop', 'box');
    expect((await cli('ps', '-a', '--filter', 'name=box')).stdout).toContain('Exited (0)');
    expect((await cli('logs', 'box')).stdout).toContain('reboot: Restarting system');
  });
});
