import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryProcess } from '../../../src/base/process.ts';
import { writeBuildsConflist } from '../../../src/net/cni/builds-conflist.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

describe('firekiln network', () => {
  const folder = useTemporaryFolder();
  const run = async (...words: string[]) => await firekiln('network', ...words);
  const firekiln = async (...words: string[]) => {
    const result = await tryProcess(process.execPath, {
      args: [
        new URL('../../../src/cli/firekiln.ts', import.meta.url).pathname,
        ...words,
        '--data-dir',
        join(folder.path, 'data'),
        '--cni-conf-dir',
        `${folder.path}/conf:${folder.path}/more`,
      ],
    });
    return { exitCode: result.exitCode, stdout: result.stdout.toString(), stderr: result.stderr.toString() };
  };

  it('lists networks, warns of damaged files, and names what there is', async () => {
    const { path: file } = await writeBuildsConflist(join(folder.path, 'more'));
    await mkdir(join(folder.path, 'conf'));
    await writeFile(join(folder.path, 'conf', 'bad.conflist'), '{');
    const listed = await run('ls', '--json');
    expect(JSON.parse(listed.stdout)).toEqual([
      { name: 'machine-builds', file, versions: ['0.4.0'], plugins: ['bridge', 'firewall', 'tc-redirect-tap'] },
    ]);
    expect(listed.stderr).toContain('bad.conflist: not JSON');
    const unknown = await run('status', 'other');
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toMatch(/error\[CNI_NETWORK_MISSING\][\s\S]*There are: machine-builds/);
  });

  it('says of a VM that it is not attached', async () => {
    expect(await run('attached')).toMatchObject({ exitCode: 0, stdout: '' });
    expect((await run('check', 'vm-1')).stderr).toContain('vm-1 is not attached');
    expect((await run('detach', 'vm-1')).exitCode).toBe(0);
  });

  it('setup writes the network of builds once, and leaves what somebody has changed', async () => {
    const file = join(folder.path, 'conf', 'machine-builds.conflist');
    expect((await firekiln('setup', 'network', 'machine-builds')).stdout).toContain(`wrote ${file}`);
    expect((await firekiln('setup', 'network')).stdout).toContain(`already there: ${file}`);
    await writeFile(file, (await readFile(file, 'utf8')).replace('192.168.128', '10.1.2'));
    const changed = await firekiln('setup', 'network', 'machine-builds');
    expect(changed.exitCode).toBe(1);
    expect(changed.stderr).toContain(`${file} is there already and says something else`);
    expect(await readFile(file, 'utf8')).toContain('10.1.2.0/24');
  });
});
