import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess } from '../../../../src/base/process.ts';
import { authorizeOnDisk } from '../../../../src/guest/base/authorize-on-disk.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools } from '../../../support/tools.ts';

const folder = useTemporaryFolder();
const authorize = 'ssh-ed25519 AAAA firekiln-build';
const { signal } = new AbortController();
const login = (user: string) => ({
  user,
  port: 22,
  keys: { keys: [], described: [], authorize },
  forwardedAgent: undefined,
});

/** A disk with /etc/passwd and the given files. */
async function diskOf(files: Readonly<Record<string, string>>): Promise<string> {
  const tree = join(folder.path, 'tree');
  await mkdir(join(tree, 'etc'), { recursive: true });
  await mkdir(join(tree, 'home/me'), { recursive: true });
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nme:x:1234:4321::/home/me:/bin/sh\n');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(tree, path, '..'), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  const disk = join(folder.path, 'disk.ext4');
  await runProcess('mke2fs', { args: ['-q', '-t', 'ext4', '-d', tree, disk, '8M'] });
  return disk;
}

const look = async (disk: string, what: string) =>
  String((await runProcess('debugfs', { args: ['-R', what, disk] })).stdout);

describeWithTools(['mke2fs', 'debugfs', 'e2fsck'], 'a key on the disk of a base', () => {
  it('makes folder and file for the user', async () => {
    const disk = await diskOf({});
    const undo = await authorizeOnDisk({ path: disk, start: 0 }, login('me'), signal);
    expect(await look(disk, 'cat /home/me/.ssh/authorized_keys')).toBe(`${authorize}\n`);
    expect(await look(disk, 'stat /home/me/.ssh')).toMatch(
      /directory\s+Mode:\s+0700[\s\S]*User:\s+1234\s+Group:\s+4321/,
    );
    expect(await look(disk, 'stat /home/me/.ssh/authorized_keys')).toMatch(/regular\s+Mode:\s+0600[\s\S]*User:\s+1234/);
    expect(undo).toBe('rm -f /home/me/.ssh/authorized_keys; rmdir /home/me/.ssh');
    await runProcess('e2fsck', { args: ['-fn', disk] });
  });

  it('stands behind those that are there', async () => {
    const disk = await diskOf({ 'home/me/.ssh/authorized_keys': 'ssh-rsa BBBB mine' });
    const undo = await authorizeOnDisk({ path: disk, start: 0 }, login('me'), signal);
    expect(await look(disk, 'cat /home/me/.ssh/authorized_keys')).toBe(`ssh-rsa BBBB mine\n${authorize}\n`);
    expect(undo).toContain('grep -vxF');
    await runProcess('e2fsck', { args: ['-fn', disk] });
  });

  it('is for users of the base only', async () => {
    await expect(
      authorizeOnDisk({ path: await diskOf({}), start: 0 }, login('stranger'), signal),
    ).rejects.toMatchObject({
      code: 'BASE_UNUSABLE',
    });
  });
});
