import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../../../src/base/digest.ts';
import { runProcess } from '../../../../src/base/process.ts';
import { collectPrograms } from '../../../../src/setup/appliance/collect-programs.ts';
import { writeGuestScripts } from '../../../../src/setup/appliance/guest-scripts.ts';
import { writeToolsArchive } from '../../../../src/setup/appliance/tools-archive.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools } from '../../../support/tools.ts';

const folder = useTemporaryFolder();

describeWithTools(['cpio', 'busybox', 'unshare'], 'the archives of the appliance', () => {
  it('hold programs with the libraries that they need, so that they run by themselves', async () => {
    const programs = new Map([
      ['bin/busybox', 'bin/busybox'],
      ['usr/bin/setpriv', 'bin/setpriv'],
    ]);
    const files = await collectPrograms('/', programs);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['lib/x86_64-linux-gnu/libcap-ng.so.0', 'lib/x86_64-linux-gnu/libc.so.6']),
    );
    const archive = writeToolsArchive(files, ['sh', 'setpriv', 'cat']);
    expect(sha256(writeToolsArchive(await collectPrograms('/', programs), ['sh', 'setpriv', 'cat']))).toBe(
      sha256(archive),
    );
    const listed = await runProcess('cpio', { args: ['-itv', '--quiet'], stdin: archive });
    const lines = String(listed.stdout);
    expect(lines).toMatch(/^lrwxrwxrwx .* bin\/cat -> busybox$/m);
    expect(lines).toMatch(/^crw------- .* 5, +1 .* dev\/console$/m);
    expect(lines).toMatch(/^-rwxr-xr-x .* bin\/setpriv$/m);
    await runProcess('cpio', {
      args: ['-id', '--quiet', '--no-absolute-filenames', '-f', 'dev/console'],
      stdin: archive,
      cwd: folder.path,
    });
    const inside = ['--user', '--map-root-user', '--root', folder.path, '/bin/sh', '-c', '/bin/setpriv --version'];
    expect(String((await runProcess('unshare', { args: inside })).stdout)).toContain('util-linux');
  });

  it('name the library that no package holds', async () => {
    await mkdir(join(folder.path, 'bin'));
    await copyFile('/usr/bin/setpriv', join(folder.path, 'bin/setpriv'));
    await symlink('setpriv', join(folder.path, 'bin/alias'));
    const collected = collectPrograms(folder.path, new Map([['bin/alias', 'bin/setpriv']]));
    await expect(collected).rejects.toMatchObject({
      code: 'PACKAGES_UNAVAILABLE',
      message: expect.stringMatching(/ld-linux-x86-64.so.2 for bin\/setpriv/),
    });
    await expect(collectPrograms(folder.path, new Map([['bin/none', 'bin/none']]))).rejects.toMatchObject({
      code: 'PACKAGES_UNAVAILABLE',
    });
  });

  it('hold every guest script with mode 0755, the same way each time', async () => {
    await mkdir(join(folder.path, 'deep'));
    await writeFile(join(folder.path, 'deep/b'), 'two');
    await writeFile(join(folder.path, 'init'), 'one');
    await chmod(join(folder.path, 'init'), 0o600);
    const archive = writeGuestScripts(folder.path);
    expect(writeGuestScripts(folder.path).equals(archive)).toBe(true);
    const { stdout } = await runProcess('cpio', { args: ['-it', '--quiet'], stdin: archive });
    expect(String(stdout)).toBe('firekiln\nfirekiln/deep\nfirekiln/deep/b\nfirekiln/init\n');
    const details = await runProcess('cpio', { args: ['-itv', '--quiet'], stdin: archive });
    expect(String(details.stdout).match(/^-rwxr-xr-x/gm)).toHaveLength(2);
  });
});
