import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { makeBusyboxImage } from '../../support/busybox-image.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { CniHost, pluginFolder } from '../../support/cni-host.ts';
import { describeCni } from '../../support/describe-cni.ts';
import { fetchText } from '../../support/fetch-text.ts';
import { freePort } from '../../support/free-port.ts';
import { processesNaming } from '../../support/processes.ts';
import { shareAppliance } from '../../support/share-appliance.ts';
import { speak } from '../../support/speak.ts';

interface Inspected {
  readonly id: string;
  readonly driver: string;
  readonly network: object;
  readonly state: { readonly shimPid: number; readonly network: { readonly addresses: readonly string[] } };
}

describeCni('VMs in QEMU on a CNI network', () => {
  let folder: string;
  let dataDir: string;
  let host: CniHost;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fkc-'));
    dataDir = join(folder, 'data');
    host = await CniHost.create(folder, 124);
    await shareAppliance(dataDir);
    await using store = await openStore({ dataDir });
    await makeBusyboxImage(store, 'docker.io/library/box:1', {});
  });
  afterAll(async () => {
    await firekiln('rm', '-f', 'web', 'victim');
    await host.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const firekiln = async (...args: string[]): Promise<CliResult> => await runCli(args, { dataDir });
  const places = () => [
    ['--cni-conf-dir', host.confDir, '--cni-bin-dir', pluginFolder],
    ['--cni-cache-dir', join(folder, 'cache'), '--netns', join(folder, 'netns')],
  ];
  const run = async (...args: string[]) =>
    await firekiln('run', '-m', '128m', '--network', 'test', ...places().flat(), ...args);
  const inspect = async (name: string) => JSON.parse((await firekiln('inspect', name)).stdout)[0] as Inspected;

  it('get what CNI decided, are reached over it and by published ports, and can not reach the loopback', async () => {
    await using secret = await speak('127.0.0.1', 'the loopback');
    await using open = await speak('0.0.0.0', 'the host');
    const port = await freePort();
    const script = 'mkdir /www; echo served >/www/index.html; exec httpd -f -p 80 -h /www';
    const started = await run('-d', '--name', 'web', '-p', `${port}:80`, 'box:1', 'sh', '-c', script);
    expect(started.stderr).not.toContain('error[');
    const { driver, network, state } = await inspect('web');
    expect({ driver, network }).toMatchObject({ driver: 'qemu', network: { kind: 'cni', name: 'test' } });
    const [address = ''] = state.network.addresses.map((it) => it.split('/')[0] ?? '');
    expect(address).toMatch(new RegExp(`^${host.prefix.replaceAll('.', '\\.')}\\.\\d+$`));
    expect(await fetchText(`http://${address}/`, 30_000)).toBe('served\n');
    expect(await fetchText(`http://127.0.0.1:${port}/`, 30_000)).toBe('served\n');

    const look = async (where: string, port: number) =>
      (await firekiln('exec', 'web', 'sh', '-c', `busybox nc -w 10 ${where} ${port} </dev/null`)).stdout;
    expect(await look(`${host.prefix}.1`, open.port)).toBe('the host');
    // portmap has set route_localnet on the bridge; root of the guest sends there what is for the host's 127.0.0.1.
    const attack = [
      'for each in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$each/route_localnet; done',
      `busybox ip addr del 127.0.0.1/8 dev lo; busybox ip route add 127.0.0.1/32 via ${host.prefix}.1 dev eth0`,
    ];
    expect((await firekiln('exec', 'web', 'sh', '-c', attack.join('; '))).status).toBe(0);
    for (const target of ['127.0.0.1', `${host.prefix}.1`]) {
      expect(await look(target, secret.port)).toBe('');
    }

    await firekiln('stop', '-t', '1', 'web');
    expect(await host.leftovers()).toEqual([]);
    expect((await firekiln('rm', 'web')).status).toBe(0);
  });

  it('leave nothing when everything of them is killed, once purge has run', async () => {
    expect((await run('-d', '--name', 'victim', 'box:1', 'sleep', '1000')).status).toBe(0);
    const { id, state } = await inspect('victim');
    expect(await host.leftovers()).not.toEqual([]);
    process.kill(state.shimPid, 'SIGKILL');
    await sleep(500);
    expect(await processesNaming(`firekiln-${id}`)).toEqual([]);
    expect((await firekiln('purge')).status).toBe(0);
    expect(await host.leftovers()).toEqual([]);
    expect((await firekiln('ps', '-a')).stdout).toMatch(/victim .*killed/);
  });

  it('are refused a network that is not there, naming those that are', async () => {
    const refused = await firekiln('run', '--network', 'tset', ...places().flat(), 'box:1');
    expect(refused).toMatchObject({ status: 125, stdout: '' });
    expect(refused.stderr).toMatch(/error\[CNI_NETWORK_MISSING\][\s\S]*There are: test\./);
    const build = await firekiln('build', '--machine-cni-network-name', 'tset', ...places().flat(), folder);
    expect(build.stderr).toMatch(/error\[CNI_NETWORK_MISSING\][\s\S]*There are: test\./);
  });
});
