import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { createKeyPair } from '../../../src/ssh/keys.ts';
import { SshConnection } from '../../../src/ssh/ssh-connection.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { packagesOfRecipe, putDebianImage } from '../../support/debian-image.ts';
import { expectClean } from '../../support/ext4-judges.ts';
import { fetchText } from '../../support/fetch-text.ts';
import { freePort } from '../../support/free-port.ts';
import { shareAppliance } from '../../support/share-appliance.ts';
import { describeWithTools } from '../../support/tools.ts';

const isFull = process.env.FIREKILN_TEST_FULL === '1';

interface System {
  readonly recipe: string;
  readonly image: string;
  readonly user: string;
  readonly installer: string;
  /** Puts there what the recipe starts from. */
  readonly prepare: (store: Store) => Promise<void>;
}

const debian: System = {
  recipe: 'baseos/_/debian/bookworm',
  image: 'debian:bookworm',
  user: 'debian',
  installer: 'baseos/_/debian/debian.systemd.service.sh',
  prepare: async (store) => {
    // The full run starts from nothing: the recipe's own base is made from packages, the recipe's are installed in a VM.
    if (!isFull) await putDebianImage(store, 'bookworm', packagesOfRecipe('baseos/_/debian/bookworm'));
  },
};
/** A Debian of nearly the age that is called as Ubuntu's image and has its user: Ubuntu's own can not be reached from everywhere. */
const ubuntu: System = {
  recipe: 'baseos/_/ubuntu/noble',
  image: 'ubuntu:noble',
  user: 'ubuntu',
  installer: 'baseos/_/ubuntu/ubuntu.systemd.service.sh',
  prepare: async (store) => {
    const hooks = ['chroot "$1" useradd --create-home --shell /bin/bash ubuntu'];
    await putDebianImage(store, 'trixie', packagesOfRecipe('baseos/_/ubuntu/noble'), {
      name: 'ubuntu:noble',
      hooks,
    });
  },
};

const tools = ['qemu-system-x86_64', 'passt', 'mmdebstrap', 'e2fsck', 'debugfs'];

/** In perl, which Debian always has. */
const server = `#!/usr/bin/perl
use IO::Socket::INET; use Cwd;
my $listener = IO::Socket::INET->new(LocalPort => $ARGV[1], Listen => 5, ReuseAddr => 1) or die "no port: $!";
while (my $client = $listener->accept) {
  exit 3 if <$client> =~ /crash/;
  my @facts = ($ARGV[0], getcwd(), scalar getpwuid($<), $ENV{HOME}, $ENV{GREETING});
  print $client "HTTP/1.0 200 OK\\r\\n\\r\\n", join("\\n", @facts), "\\n";
  close $client;
}
`;

const cmdEnvOf = (user: string) => `SERVICE_WORKDIR="/srv/a b"
SERVICE_SHELL="/bin/sh -c"
SERVICE_ENTRYPOINT="serve '\\$x \\"q\\" it'\\\\''s'"
SERVICE_CMDS="8080"
SERVICE_USER="${user}"
export GREETING="hello \\$world"
`;

const dockerfileOf = (image: string) => `FROM base/${image}
COPY --chmod=755 serve installer.sh /usr/local/bin/
COPY cmd.env /etc/firebuild/cmd.env
RUN mkdir "/srv/a b" && installer.sh
`;

for (const system of isFull ? [debian, ubuntu] : [debian]) {
  describeWithTools(tools, `a ${system.image} that boots by itself`, () => {
    const { recipe, image, user } = system;
    let folder = '';
    const key = createKeyPair();
    const keyLine = `${key.authorizedKey.trim()} tester\n`;
    const cli = async (...args: string[]): Promise<CliResult> => {
      const result = await runCli(args, { dataDir: join(folder, 'data') });
      expect(result.status, `${args.join(' ')}\n${result.stderr}`).toBe(0);
      return result;
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'firekiln-base-'));
      await shareAppliance(join(folder, 'data'));
      writeFileSync(join(folder, 'key.pub'), keyLine);
      const context = join(folder, 'context');
      mkdirSync(context);
      copyFileSync(system.installer, join(context, 'installer.sh'));
      writeFileSync(join(context, 'serve'), server);
      writeFileSync(join(context, 'cmd.env'), cmdEnvOf(user));
      writeFileSync(join(context, 'Dockerfile'), dockerfileOf(image));
      await using store = await openStore({ dataDir: join(folder, 'data') });
      await system.prepare(store);
    });
    afterAll(async () => {
      await runCli(['rm', '-f', 'box'], { dataDir: join(folder, 'data') });
      await rm(folder, { recursive: true, force: true });
    });

    it('is built by its recipe into the base store, with nothing that machines must not share', async () => {
      const keyFile = join(folder, 'key.pub');
      const { stdout } = await cli('base', 'build', '-t', `base/${image}`, '--ssh-authorized-key', keyFile, recipe);
      const disk = stdout.trim();
      expect(disk).toBe(join(folder, `data/bases/_/${image.replace(':', '/')}/root.ext4`));
      await expectClean(disk);
      const ask = async (command: string) => {
        const { stdout: said, stderr } = await runProcess('/sbin/debugfs', { args: ['-R', command, disk] });
        return `${said.toString()}${stderr.toString().replace(/^debugfs .*\n/, '')}`;
      };
      expect(await ask('ls -p /etc/ssh')).not.toContain('ssh_host');
      expect(await ask('cat /etc/machine-id')).toBe('');
      expect(await ask(`cat /home/${user}/.ssh/authorized_keys`)).toBe(keyLine);
      expect(await ask('cat /etc/shadow')).toMatch(new RegExp(`^${user}:!:`, 'm'));
      expect((await cli('base', 'ls')).stdout).toMatch(new RegExp(`^_/${image.replace(':', '/')} .*root\\.ext4$`, 'm'));
    });

    it('boots with its own init, and runs the program of an image as a service', async () => {
      await cli('build', '-t', 'served', join(folder, 'context'));
      const [web, ssh] = [await freePort(), await freePort()];
      const ports = ['-p', `${web}:8080`, '-p', `${ssh}:22`];
      await cli('run', '-d', '--name', 'box', '--init', 'image', '--root', 'flat', ...ports, 'served');
      const facts = `$x "q" it's\n/srv/a b\n${user}\n/home/${user}\nhello $world\n`;
      expect(await fetchText(`http://127.0.0.1:${web}/`, 240_000)).toBe(facts);
      expect((await cli('exec', 'box', 'systemctl', 'is-system-running', '--wait')).stdout).toBe('running\n');

      const hostKey = await cli('exec', 'box', 'cat', '/etc/ssh/ssh_host_ed25519_key.pub');
      await using connection = await SshConnection.open({
        stream: connect(ssh, '127.0.0.1'),
        username: user,
        keys: [{ type: 'file', privateKey: key.privateKey }],
        hostKey: Buffer.from(hostKey.stdout.split(' ')[1] ?? '', 'base64'),
        handshakeMs: 120_000,
      });
      const { stream, exit } = await connection.exec('sudo id -u; cat /etc/resolv.conf');
      let said = '';
      stream.on('data', (data: Buffer) => {
        said += data.toString();
      });
      expect((await exit).exitCode).toBe(0);
      expect(said).toMatch(/^0\nnameserver [0-9.]+\n/);

      await fetch(`http://127.0.0.1:${web}/crash`).catch(() => {});
      expect(await fetchText(`http://127.0.0.1:${web}/`, 240_000)).toBe(facts);
      const restarts = await cli('exec', 'box', 'systemctl', 'show', '-p', 'NRestarts', 'image-program');
      expect(restarts.stdout).toBe('NRestarts=1\n');

      await cli('stop', 'box');
      expect((await cli('ps', '-a', '--filter', 'name=box')).stdout).toContain('Exited (0)');
      expect((await cli('logs', 'box')).stdout).toContain('reboot: Restarting system');
    });
  });
}
