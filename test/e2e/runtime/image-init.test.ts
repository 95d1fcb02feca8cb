import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { describeWithTools, findTool } from '../../support/tools.ts';

const id = `imginit-${process.pid}`;

const dockerfile = `FROM scratch
COPY busybox /bin/busybox
COPY sbin/ /sbin/
COPY <<inittab /etc/inittab
::sysinit:/bin/busybox mount -o remount,nosuid,noexec /dev
::sysinit:/bin/busybox echo sysinit of ${id}
::ctrlaltdel:/bin/busybox reboot
inittab
COPY --chmod=755 <<ls /opt/ls
#!/bin/busybox sh
echo an ls of the image
ls
ENV PATH=/opt:/bin
`;

async function states(): Promise<string> {
  return (await runCli(['ps', '-a', '--filter', `name=${id}`])).stdout;
}

describeWithTools(['qemu-system-x86_64', 'busybox'], "an init of the image's own", () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-init-'));
    copyFileSync(findTool('busybox') ?? '', join(folder, 'busybox'));
    // As in Alpine: the init is the image's busybox, where the appliance has its own.
    mkdirSync(join(folder, 'sbin'));
    symlinkSync('/bin/busybox', join(folder, 'sbin/init'));
    await writeFile(join(folder, 'Dockerfile'), dockerfile);
    const { status, stderr } = await runCli(['build', '-t', id, folder]);
    expect(status, stderr).toBe(0);
  });
  afterAll(async () => {
    await runCli(['rm', '-f', id]);
    await runCli(['rmi', '-f', id]);
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['layered', ['stop', id], 'overlay'],
    ['flat', ['exec', id, 'busybox', 'poweroff'], 'ext4'],
  ])('is process 1 on a %s root, and the VM ends with it', async (root, end, type) => {
    const flags = ['--init', 'image', '--root', root, '--network', 'none'];
    const started = await runCli(['run', '-d', '--name', id, ...flags, id]);
    expect(started.status, started.stderr).toBe(0);
    const asked = await runCli(['exec', id, 'busybox', 'sh', '-c', 'read -r name </proc/1/comm; echo $name; mount']);
    expect(asked.stdout).toMatch(/^init\n/);
    expect(asked.stdout).toMatch(new RegExp(`on / type ${type} \\(rw`));
    expect((await runCli(['exec', id, 'ls'])).stdout).toBe('an ls of the image\n');
    expect((await runCli(['exec', id, 'wget'])).status).toBe(127);
    await runCli(end);
    expect((await runCli(['wait', id])).stdout).toBe('0\n');
    expect(await states()).toMatch(/Exited \(0\)/);
    expect((await runCli(['logs', id])).stdout).toContain(`sysinit of ${id}`);
    expect((await runCli(['rm', id])).status).toBe(0);
  });

  it('is missed by name', async () => {
    const { status, stderr } = await runCli(['run', '--rm', '--init', 'image', '--network', 'none', id, '/sbin/none']);
    expect(stderr).toContain('error[RUN_NO_INIT]');
    expect(stderr).toContain('there is no program /sbin/none');
    expect(status).toBe(125);
    expect(await states()).not.toContain(id);
  });
});
