import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { writeAlpineContext } from '../support/alpine-stand-ins.ts';
import { putDebianTar } from '../support/debian-image.ts';
import { fetchText } from '../support/fetch-text.ts';
import { type BedCli, bedDataDir, bedGateway, openBedCli } from '../support/firecracker/bed-cli.ts';
import { fullDrives } from '../support/firecracker/full-drives.ts';

const long = { timeout: 1_500_000 };
const firecracker = ['--driver', 'firecracker'];

interface System {
  readonly image: string;
  readonly user: string;
  readonly installer: string;
  /** A server that says its first argument, folder, user, home and GREETING to whoever connects; port in the second. */
  readonly server: string;
  /** What says that all services are up, and what it says. */
  readonly isUp: { readonly command: readonly string[]; readonly output: string };
  /** Puts there what the recipe starts from. */
  readonly prepare: (cli: BedCli) => Promise<void>;
}

const debian: System = {
  image: 'debian:bookworm',
  user: 'debian',
  installer: 'baseos/_/debian/debian.systemd.service.sh',
  server: `#!/usr/bin/perl
use IO::Socket::INET; use Cwd;
my $listener = IO::Socket::INET->new(LocalPort => $ARGV[1], Listen => 5, ReuseAddr => 1) or die "no port: $!";
while (my $client = $listener->accept) {
  <$client>;
  my @facts = ($ARGV[0], getcwd(), scalar getpwuid($<), $ENV{HOME}, $ENV{GREETING});
  print $client "HTTP/1.0 200 OK\\r\\n\\r\\n", join("\\n", @facts), "\\n";
  close $client;
}
`,
  isUp: { command: ['systemctl', 'is-system-running', '--wait'], output: 'running\n' },
  prepare: async () => {
    await using store = await openStore({ dataDir: bedDataDir });
    await putDebianTar(store, fullDrives.debianTar, 'debian:bookworm');
  },
};

const alpine: System = {
  image: 'alpine:3.22',
  user: 'alpine',
  installer: 'baseos/_/alpine/alpine.local.d.service.sh',
  server: `#!/bin/sh
if [ "$#" = 2 ]; then
  export ARG=$1
  exec nc -lk -p "$2" -e "$0"
fi
read -r line
printf 'HTTP/1.0 200 OK\\r\\n\\r\\n%s\\n%s\\n%s\\n%s\\n%s\\n' "$ARG" "$PWD" "$(id -un)" "$HOME" "$GREETING"
`,
  isUp: { command: ['rc-status', '-r'], output: 'default\n' },
  prepare: async ({ folder, good }) => {
    const place = join(folder, 'disks/_/alpine/disk');
    await mkdir(place, { recursive: true });
    await runProcess('cp', { args: ['--sparse=always', fullDrives.alpine, join(place, 'root.ext4')] });
    await writeAlpineContext(join(folder, 'alpine'));
    const flags = [`--machine-rootfs-base=${join(folder, 'disks')}`, '-t', 'alpine:3.22'];
    await good('build', ...firecracker, ...flags, join(folder, 'alpine'));
  },
};

const isWanted = process.env.FIREKILN_TEST_BED === '1' && process.env.FIREKILN_TEST_FULL === '1';

for (const system of [debian, alpine]) {
  const { image, user } = system;
  const [os = '', version = ''] = image.split(':');

  describe.skipIf(!isWanted)(`a base OS of the recipe of ${image}, in Firecracker`, () => {
    let cli: BedCli;
    const bases = () => join(cli.folder, 'bases');
    const key = () => join(cli.folder, 'key');
    const run = async (name: string, ...args: string[]): Promise<string> => {
      const flags = [...firecracker, '--network', 'machine-builds', '-m', '256m', '--root', 'flat', '--init', 'image'];
      // A test that is repeated may have left one.
      await cli.run('rm', '-f', name);
      await cli.good('run', '-d', '--name', name, ...flags, ...args);
      const [{ state }] = JSON.parse((await cli.good('inspect', name)).stdout) as [
        { readonly state: { readonly network: { readonly addresses: readonly string[] } } },
      ];
      return state.network.addresses[0]?.split('/')[0] ?? '';
    };
    const ssh = async (address: string, command: string): Promise<string> => {
      const options = ['ConnectionAttempts=250', 'BatchMode=yes', 'StrictHostKeyChecking=no', 'IdentitiesOnly=yes'];
      const args = [...options, 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].flatMap((option) => ['-o', option]);
      const { stdout } = await runProcess('ssh', {
        args: [...args, '-i', key(), `${user}@${address}`, command],
        timeoutMs: 600_000,
      });
      return stdout.toString();
    };

    beforeAll(async () => {
      cli = await openBedCli();
      await runProcess('ssh-keygen', { args: ['-q', '-t', 'ed25519', '-N', '', '-C', 'operator', '-f', key()] });
      await system.prepare(cli);
    }, 1_200_000);
    afterAll(async () => {
      for (const name of ['box', 'page']) await cli.run('rm', '-f', name);
      await cli[Symbol.asyncDispose]();
    });

    it('is built', long, async () => {
      const flags = ['--base-root', bases(), '-t', `base/${image}`, '--ssh-authorized-key', `${key()}.pub`];
      const built = await cli.good('base', 'build', ...firecracker, ...flags, `baseos/_/${os}/${version}`);
      expect(built.stdout.trim()).toBe(join(bases(), '_', os, version, 'root.ext4'));
    });

    it('boots with its own init, takes commands and logins, and stops', long, async () => {
      const address = await run('box', `base/${image}`);
      expect(
        await ssh(address, 'id -un; sudo id -u; cat /etc/resolv.conf; sudo -n ip -4 -o addr show dev eth0'),
      ).toMatch(new RegExp(`^${user}\\n0\\n(?:.*\\n)*nameserver 192\\.0\\.2\\.53\\n(?:.*\\n)*.* inet ${address}/24 `));
      expect((await cli.good('exec', 'box', ...system.isUp.command)).stdout).toBe(system.isUp.output);
      expect(await cli.run('exec', '-u', user, '-w', '/tmp', 'box', 'sh', '-c', 'id -un; pwd; exit 9')).toMatchObject({
        status: 9,
        stdout: `${user}\n/tmp\n`,
      });
      await cli.good('stop', '-t', '300', 'box');
      const [stopped] = JSON.parse((await cli.good('inspect', 'box')).stdout) as [{ readonly state: object }];
      expect(stopped.state).toMatchObject({ status: 'exited', exitCode: 0 });
      expect((await cli.good('logs', 'box')).stdout).toMatch(/reboot: (?:Restarting|Power down)/);
    });

    it('is built on in place, with the installer of its init', long, async () => {
      const context = join(cli.folder, 'context');
      await mkdir(context, { recursive: true });
      await writeFile(join(context, 'serve'), system.server);
      await copyFile(system.installer, join(cli.folder, 'installer.sh'));
      const dockerfile = [
        `FROM ${image}`,
        'COPY --chmod=755 serve /usr/local/bin/',
        'RUN cat /proc/1/comm >/init; mkdir -p "/srv/a b"',
        'ENV GREETING="hello \\$world"',
        'WORKDIR "/srv/a b"',
        `USER ${user}`,
        'EXPOSE 8080',
        `ENTRYPOINT ["serve", "$x \\"q\\" it's"]`,
        'CMD ["8080"]',
      ];
      await writeFile(join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
      await cli.good(
        'build',
        ...firecracker,
        `--machine-rootfs-base=${bases()}`,
        `--machine-ssh-user=${user}`,
        `--machine-ssh-key-file=${key()}`,
        '--machine-cni-network-name=machine-builds',
        `--egress-test-target=${bedGateway}`,
        `--service-file-installer=${join(cli.folder, 'installer.sh')}`,
        '--resources-mem=256',
        `--tag=tests/page-${os}:1`,
        context,
      );
      const address = await run('page', `tests/page-${os}:1`);
      expect(await fetchText(`http://${address}:8080/`, 250_000)).toBe(
        `$x "q" it's\n/srv/a b\n${user}\n/home/${user}\nhello $world\n`,
      );
      expect(await ssh(address, 'cat /init')).toBe(os === 'debian' ? 'systemd\n' : 'init\n');
    });
  });
}
