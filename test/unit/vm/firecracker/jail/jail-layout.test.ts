import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mountOf } from '../../../../../src/vm/firecracker/jail/jail-folder.ts';
import { jailLayout } from '../../../../../src/vm/firecracker/jail/jail-layout.ts';
import { supervised } from '../../../../../src/vm/firecracker/jail/supervised.ts';
import { useTemporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

it('is where the jailer makes it: links are followed, the program gives its own name', async () => {
  await mkdir(join(folder.path, 'real'));
  await symlink('real', join(folder.path, 'base'));
  await writeFile(join(folder.path, 'firecracker-v1.12.1'), '');
  await symlink('firecracker-v1.12.1', join(folder.path, 'firecracker'));
  const layout = await jailLayout({
    chrootBase: join(folder.path, 'base', 'not-yet'),
    binary: join(folder.path, 'firecracker'),
    machineId: 'vm-1',
  });
  expect(layout.root).toBe(join(folder.path, 'real/not-yet/firecracker-v1.12.1/vm-1/root'));
});

it('finds the mount that a path is on', () => {
  const mounts = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '30 22 0:26 / /srv rw,relatime - tmpfs none rw',
    '31 30 0:27 / /srv/with\\040space rw,nodev,noexec - tmpfs none rw',
    '32 22 0:28 / /srv ro,nodev - tmpfs none rw',
  ].join('\n');
  expect(mountOf(mounts, '/srvx')).toEqual({ mountPoint: '/', options: ['rw', 'relatime'] });
  expect(mountOf(mounts, '/srv/with space/x').options).toEqual(['rw', 'nodev', 'noexec']);
  expect(mountOf(mounts, '/srv/jailer').options).toEqual(['ro', 'nodev']);
});

it('mounts before the command starts, whatever names look like', () => {
  const mounts = [{ source: "/a b'c", target: '/t', readOnly: true }];
  const { command, args } = supervised(mounts, '/opt/jailer', ['--id', 'x y']);
  expect(command).toBe('unshare');
  expect(args.at(-1)).toBe("mount -o bind,ro -- '/a b'\\''c' /t || exit 70\n/opt/jailer --id 'x y' &\nwait $!");
});
