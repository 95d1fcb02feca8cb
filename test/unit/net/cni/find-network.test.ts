import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeBuildsConflist } from '../../../../src/net/cni/builds-conflist.ts';
import { findNetwork } from '../../../../src/net/cni/find-network.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

async function write(name: string, value: unknown): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const list = (name: string, type: string) => ({ name, cniVersion: '1.0.0', plugins: [{ type }] });
const find = async (name: string) => await findNetwork(name, [join(folder.path, 'conf.d'), join(folder.path, 'net.d')]);

describe('findNetwork', () => {
  it('takes the first folder, lists before single plugins, by file name', async () => {
    await write('net.d/00.conflist', list('n', 'wrong'));
    await write('conf.d/00.conf', { name: 'n', cniVersion: '1.0.0', type: 'single' });
    await write('conf.d/20.conflist', list('n', 'wrong'));
    const right = await write('conf.d/10.conflist', list('n', 'right'));
    await write('conf.d/05.txt', list('n', 'wrong'));
    expect(await find('n')).toMatchObject({ file: right, network: { plugins: [{ type: 'right' }] } });
  });

  it('takes .conf and .json of a single plugin', async () => {
    const path = await write('net.d/10.json', { name: 'n', cniVersion: '0.3.1', type: 'single' });
    expect(await find('n')).toMatchObject({ file: path, network: { plugins: [{ type: 'single' }] } });
  });

  it('adds plugins of files in the folder that is named as the network', async () => {
    await write('conf.d/10.conflist', list('n', 'bridge'));
    await write('conf.d/n/20.conf', { type: 'portmap' });
    await write('conf.d/n/10.conf', { type: 'firewall' });
    const types = (await find('n')).network.plugins.map(({ type }) => type);
    expect(types).toEqual(['bridge', 'firewall', 'portmap']);
    await write('conf.d/10.conflist', { ...list('n', 'bridge'), loadOnlyInlinedPlugins: true });
    expect((await find('n')).network.plugins).toHaveLength(1);
  });

  it('lists what there is, and the files that are damaged', async () => {
    await write('conf.d/10.conflist', list('one', 'x'));
    await write('net.d/10.conflist', list('two', 'x'));
    const bad = await write('net.d/20.conflist', '{');
    await expect(find('three')).rejects.toMatchObject({
      code: 'CNI_NETWORK_MISSING',
      message: expect.stringContaining('"three"') as string,
      hint: 'There are: one, two.',
      details: [expect.stringContaining(bad) as string],
    });
  });

  it('says how to make one where there is none', async () => {
    await expect(find('n')).rejects.toMatchObject({
      hint: expect.stringContaining('firekiln setup network') as string,
    });
  });

  it('refuses a file without an end, but not for its neighbours', async () => {
    await write('conf.d/10.conflist', `"${'x'.repeat(1 << 20)}"`);
    await write('conf.d/20.conflist', list('n', 'x'));
    expect((await find('n')).network.name).toBe('n');
    await expect(find('m')).rejects.toMatchObject({ details: [expect.stringContaining('1048576 bytes') as string] });
  });

  it('finds the network that Firekiln writes', async () => {
    const { path } = await writeBuildsConflist(join(folder.path, 'conf.d'));
    expect(await find('machine-builds')).toMatchObject({
      file: path,
      network: { plugins: [{ type: 'bridge' }, { type: 'firewall' }, { type: 'tc-redirect-tap' }] },
    });
  });
});
