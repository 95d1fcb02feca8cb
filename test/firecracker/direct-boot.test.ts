import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../src/base/process.ts';
import { type BedCli, bedGateway, openBedCli } from '../support/firecracker/bed-cli.ts';
import { fullDrives } from '../support/firecracker/full-drives.ts';

const dockerfile = `FROM debian:bookworm
RUN { uname -r; cat /proc/cmdline /home/debian/.ssh/authorized_keys; ip -4 -o addr show dev eth0; } >/facts
RUN echo more >>/etc/motd
`;
const isFull = process.env.FIREKILN_TEST_FULL === '1';

describe.skipIf(!isFull || !existsSync(fullDrives.leanKernel))('a kernel without initramfs support', () => {
  let cli: BedCli;

  beforeAll(async () => {
    cli = await openBedCli();
    const place = join(cli.folder, 'rootfs/_/debian/bookworm');
    await mkdir(place, { recursive: true });
    await runProcess('cp', { args: ['--sparse=always', '/dev/vdd', join(place, 'root.ext4')] });
    await runProcess('cp', { args: [fullDrives.leanKernel, join(cli.folder, 'vmlinux')] });
    await mkdir(join(cli.folder, 'context'));
    await writeFile(join(cli.folder, 'context/Dockerfile'), dockerfile);
  }, 600_000);
  afterAll(async () => await cli[Symbol.asyncDispose]());

  it('boots a base in Firecracker, which takes the key of the build until its end', {
    timeout: 1_500_000,
  }, async () => {
    await cli.good(
      'build',
      '--driver=firecracker',
      `--machine-rootfs-base=${join(cli.folder, 'rootfs')}`,
      '--machine-ssh-user=debian',
      `--machine-vmlinux=${join(cli.folder, 'vmlinux')}`,
      '--machine-cni-network-name=machine-builds',
      `--egress-test-target=${bedGateway}`,
      '--resources-mem=256',
      '--tag=tests/direct:1',
      join(cli.folder, 'context'),
    );
    const rootfs = join(cli.folder, 'rootfs/_builds/tests/direct/1/rootfs');
    await runProcess('e2fsck', { args: ['-fn', rootfs] });
    const look = async (what: string) =>
      (await runProcess('debugfs', { args: ['-R', what, rootfs] })).stdout.toString();
    const facts = await look('cat /facts');
    expect(facts).toMatch(/^\S+-lean\n/);
    expect(facts).toMatch(/ root=\/dev\/vda .*ip=192\.168\.128\.\d+:/);
    expect(facts).toMatch(/^ssh-\S+ AAAA/m);
    expect(facts).toMatch(/inet 192\.168\.128\.\d+\/24/);
    expect(await look('cat /home/debian/.ssh/authorized_keys')).toBe('');
  });
});
