import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseNetwork } from '../../../../src/formats/cni/parse-network.ts';
import { addChain, type ChainRun, checkChain, deleteChain } from '../../../../src/net/cni/chain.ts';
import { chooseVersion } from '../../../../src/net/cni/choose-version.ts';
import { collectNetworkGarbage, networkStatus } from '../../../../src/net/cni/maintain-network.ts';
import { ScriptedPlugins } from '../../../support/scripted-plugins.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const types = ['first', 'second', 'third'];
const ipOf = (last: number) => ({ cniVersion: '1.1.0', ips: [{ address: `10.0.0.${last}/24` }] });
let plugins: ScriptedPlugins;
let run: ChainRun;

beforeEach(async () => {
  plugins = await ScriptedPlugins.create(join(folder.path, 'bin'), types, ['0.4.0', '1.0.0', '1.1.0']);
  for (const [i, type] of types.entries()) await plugins.answer(type, 'ADD', ipOf(i + 1));
  run = runOf('1.1.0');
});

const runOf = (version: '0.3.1' | '0.4.0' | '1.1.0', more: Record<string, unknown> = {}): ChainRun => ({
  network: parseNetwork(
    JSON.stringify({ name: 'n', cniVersion: version, ...more, plugins: types.map((type) => ({ type })) }),
    'n.conflist',
  ),
  version,
  binDirs: [join(folder.path, 'none'), plugins.folder],
  containerId: 'vm-1',
  netns: '/run/netns/x',
  ifName: 'eth0',
  args: [
    ['IgnoreUnknown', '1'],
    ['K', 'v=w'],
  ],
  capabilityArgs: {},
});
const nothing = async () => {};

describe('a chain of CNI plugins', () => {
  it('ADD gives each plugin the result of the one before', async () => {
    const heard: unknown[] = [];
    const result = await addChain(run, async ({ ips }) => {
      heard.push(ips[0]?.address);
    });
    expect(result.ips).toMatchObject([{ address: '10.0.0.3/24' }]);
    expect(heard).toEqual(['10.0.0.1/24', '10.0.0.2/24', '10.0.0.3/24']);
    expect(await plugins.calls()).toEqual(['ADD first', 'ADD second', 'ADD third']);
    expect(await plugins.input('first', 'ADD')).not.toHaveProperty('prevResult');
    expect(await plugins.input('third', 'ADD')).toMatchObject({
      name: 'n',
      cniVersion: '1.1.0',
      type: 'third',
      prevResult: { cniVersion: '1.1.0', ips: [{ address: '10.0.0.2/24' }] },
    });
  });

  it('plugins get the variables of the execution protocol', async () => {
    await addChain(run, nothing);
    expect(await plugins.environment('second', 'ADD')).toEqual([
      'CNI_ARGS=IgnoreUnknown=1;K=v=w',
      'CNI_COMMAND=ADD',
      'CNI_CONTAINERID=vm-1',
      'CNI_IFNAME=eth0',
      'CNI_NETNS=/run/netns/x',
      `CNI_PATH=${run.binDirs.join(':')}`,
    ]);
  });

  it("a failure has the plugin's own code, message and details, and stops the chain", async () => {
    await plugins.fail('second', 'ADD', '{"code":11,"msg":"busy here","details":"more words"}');
    await expect(addChain(run, nothing)).rejects.toMatchObject({
      code: 'CNI_PLUGIN_FAILED',
      message: expect.stringMatching(/bin\/second failed to ADD: busy here \(CNI error 11\)/) as string,
      hint: expect.stringContaining('again later') as string,
      details: ['CNI error 11: try again later', 'more words', 'words of second-ADD'],
    });
    expect(await plugins.calls()).toEqual(['ADD first', 'ADD second']);
  });

  it('a plugin that dies without JSON is quoted', async () => {
    await plugins.fail('first', 'ADD', 'Segmentation fault');
    await expect(addChain(run, nothing)).rejects.toMatchObject({
      message: expect.stringContaining('first failed to ADD: words of first-ADD') as string,
      details: ['words of first-ADD', 'Segmentation fault'],
    });
  });

  it('a full address pool has a way out', async () => {
    await plugins.fail(
      'first',
      'ADD',
      '{"code":999,"msg":"no IP addresses available in range set: 10.0.0.1-10.0.0.2"}',
    );
    await expect(addChain(run, nothing)).rejects.toMatchObject({ hint: expect.stringContaining('purge') as string });
  });

  it('ADD refuses what is no result, and one without an end', async () => {
    await plugins.answer('first', 'ADD', 'words');
    await expect(addChain(run, nothing)).rejects.toThrow(/result of the CNI plugin first/);
    await plugins.answer('first', 'ADD', { ...ipOf(1), padding: 'x'.repeat(1 << 20) });
    await expect(addChain(run, nothing)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('an abort ends the plugin that runs', async () => {
    await plugins.hang('second', 'ADD');
    const controller = new AbortController();
    const abortAfterFirst = async () => {
      setTimeout(() => controller.abort(), 100);
    };
    await expect(addChain(run, abortAfterFirst, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('DEL goes backwards, with the last result, past plugins that fail', async () => {
    await plugins.fail('third', 'DEL', '{"code":999,"msg":"third is stuck"}');
    await plugins.fail('first', 'DEL', '{"code":999,"msg":"first is stuck"}');
    const result = await addChain(run, nothing);
    await expect(deleteChain(run, result)).rejects.toMatchObject({
      message: expect.stringContaining('third is stuck') as string,
      details: expect.arrayContaining([expect.stringContaining('first is stuck')]) as string[],
    });
    expect((await plugins.calls()).slice(3)).toEqual(['DEL third', 'DEL second', 'DEL first']);
    expect(await plugins.input('second', 'DEL')).toMatchObject({ prevResult: { ips: [{ address: '10.0.0.3/24' }] } });
  });

  it('DEL gives no result to plugins of 0.3.1, which do not know it', async () => {
    await deleteChain(runOf('0.3.1'), { interfaces: [], ips: [], routes: [], dns: {} });
    expect(await plugins.input('first', 'DEL')).not.toHaveProperty('prevResult');
  });

  it('CHECK goes through the chain unless the network has it disabled', async () => {
    const result = { interfaces: [], ips: [{ address: '10.0.0.9/24' }], routes: [], dns: {} };
    await checkChain(run, result);
    expect(await plugins.calls()).toEqual(['CHECK first', 'CHECK second', 'CHECK third']);
    expect(await plugins.input('first', 'CHECK')).toMatchObject({ prevResult: { ips: [{ address: '10.0.0.9/24' }] } });
    await checkChain(runOf('1.1.0', { disableCheck: true }), result);
    expect(await plugins.calls()).toHaveLength(3);
    await expect(checkChain(runOf('0.3.1'), result)).rejects.toThrow(/0\.3\.1 has no CHECK/);
  });

  it('STATUS asks until one plugin says no; nobody before 1.1.0', async () => {
    expect(await networkStatus(run)).toBe(true);
    await plugins.fail('second', 'STATUS', '{"code":50,"msg":"daemon is down"}');
    await expect(networkStatus(run)).rejects.toThrow(/second failed to STATUS: daemon is down/);
    const before = await plugins.calls();
    expect(await networkStatus(runOf('0.4.0'))).toBe(false);
    expect(await plugins.calls()).toEqual(before);
  });

  it('GC tells every plugin what is still there; nobody before 1.1.0 or where it is disabled', async () => {
    const valid = [{ networkName: 'n', containerId: 'vm-2', ifName: 'eth0' }];
    await plugins.fail('first', 'GC', '{"code":999,"msg":"first is stuck"}');
    await expect(collectNetworkGarbage(run, valid)).rejects.toThrow(/first is stuck/);
    expect(await plugins.calls()).toEqual(['GC first', 'GC second', 'GC third']);
    expect(await plugins.input('third', 'GC')).toMatchObject({
      'cni.dev/valid-attachments': [{ containerID: 'vm-2', ifname: 'eth0' }],
    });
    expect(await collectNetworkGarbage(runOf('0.4.0'), valid)).toBe(false);
    expect(await collectNetworkGarbage(runOf('1.1.0', { disableGC: true }), valid)).toBe(false);
  });
});

describe('chooseVersion', () => {
  const networkOf = (...versions: string[]) =>
    parseNetwork(
      JSON.stringify({ name: 'n', cniVersions: versions, plugins: types.map((type) => ({ type })) }),
      'n.conflist',
    );

  it('takes the newest that the network and all of its plugins know', async () => {
    await plugins.answer('second', 'VERSION', { supportedVersions: ['0.3.1', '0.4.0', '1.0.0'] });
    expect(await chooseVersion(networkOf('0.4.0', '1.0.0', '1.1.0'), run.binDirs)).toBe('1.0.0');
  });

  it('says which plugin knows what where there is none', async () => {
    await plugins.answer('second', 'VERSION', { supportedVersions: ['0.1.0'] });
    await expect(chooseVersion(networkOf('1.0.0'), run.binDirs)).rejects.toMatchObject({
      code: 'CNI_CONFIG_INVALID',
      details: expect.arrayContaining(['second knows none from 0.3.0 on']) as string[],
    });
  });

  it('names a plugin that is missing, and where it was looked for', async () => {
    await expect(chooseVersion(networkOf('1.0.0'), ['/nowhere', '/else'])).rejects.toMatchObject({
      code: 'CNI_PLUGIN_MISSING',
      message: 'the CNI plugin first is in none of /nowhere, /else',
    });
  });
});
