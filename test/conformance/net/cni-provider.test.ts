import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { runProcess, startProcess } from '../../../src/base/process.ts';
import type { AttachOptions, NetworkAttachment, PublishedPort } from '../../../src/net/provider.ts';
import { CniHost, pluginFolder } from '../../support/cni-host.ts';
import { describeCni } from '../../support/describe-cni.ts';
import { freePort } from '../../support/free-port.ts';
import { guestNetns, NetworkGuest } from '../../support/network-guest/network-guest.ts';
import { ScriptedPlugins } from '../../support/scripted-plugins.ts';
import { speak } from '../../support/speak.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

describeCni('the cni network provider with the real plugins', () => {
  const folder = useTemporaryFolder();
  let host: CniHost;

  beforeEach(async () => {
    host = await CniHost.create(folder.path, 125);
  });
  afterEach(async () => {
    for (const vmId of await host.vms.list()) await host.vms.detach(vmId);
    await host.remove();
  });
  const request = (vmId: string, more: Partial<AttachOptions> = {}): AttachOptions => ({
    vmId,
    runDir: folder.path,
    hostname: vmId,
    publish: [],
    emitter: silentEmitter,
    ...more,
  });
  const guestOf = async (vmId: string, attachment: NetworkAttachment) =>
    await NetworkGuest.start(guestNetns(folder.path, vmId), attachment);

  it('guests reach each other and the host, hosts reach published ports, nobody the loopback of the host', async () => {
    const provider = host.provider();
    const publish: PublishedPort[] = [
      { hostAddress: '127.0.0.1', hostPort: await freePort(), guestPort: 8080, protocol: 'tcp' },
    ];
    const a = await provider.attach(request('vm-a', { publish, tapOwner: { uid: 4321, gid: 1234 } }));
    const b = await provider.attach(request('vm-b'));
    expect(a).toMatchObject({
      kind: 'tap',
      netnsPath: join(folder.path, 'netns', 'firekiln-vm-a'),
      routes: [{ destination: '0.0.0.0/0', gateway: `${host.prefix}.1` }],
      mtu: 1500,
      published: publish,
    });
    expect(b.published).toEqual([]);
    if (a.kind !== 'tap') throw new Error('no tap');
    expect(await tapOwner(a)).toEqual({ user: 4321, group: 1234 });

    await using server = await speak('0.0.0.0', 'the host');
    await using secret = await speak('127.0.0.1', 'the loopback');
    await using guestA = await guestOf('a', a);
    await using guestB = await guestOf('b', b);
    await guestA.say('guest a', 8080);
    expect(await guestB.hear((a.addresses[0] ?? '').split('/')[0] ?? '', 8080)).toBe('guest a');
    expect(await guestB.hear(`${host.prefix}.1`, server.port)).toBe('the host');
    expect(await hearHere(publish[0]?.hostPort ?? 0)).toBe('guest a');

    // As CVE-2020-8558: portmap has set route_localnet on the bridge, and the guest sends there what is for 127.0.0.1.
    await guestB.run('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet']);
    await guestB.run('ip', ['route', 'add', '127.0.0.1/32', 'via', `${host.prefix}.1`, 'dev', 'eth0']);
    expect(await guestB.hear('127.0.0.1', secret.port)).toBeUndefined();
    await runProcess('nsenter', {
      args: [
        `--net=${b.kind === 'tap' ? b.netnsPath : ''}`,
        'tc',
        'filter',
        'del',
        'dev',
        'tap0',
        'ingress',
        'pref',
        '1',
      ],
    });
    expect(await guestB.hear('127.0.0.1', secret.port), 'the attack works without the shield').toBe('the loopback');
  });

  it('the cache is as libcni keeps it, and a check finds damage', async () => {
    await host.configure({ plugins: [{ type: 'firewall' }, { type: 'tc-redirect-tap' }] });
    const provider = host.provider();
    const attachment = await provider.attach(request('vm-a'));
    const path = join(folder.path, 'cache', 'results', 'test-vm-a-eth0');
    const cached = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    expect(cached).toMatchObject({
      kind: 'cniCacheV1',
      containerId: 'vm-a',
      ifName: 'eth0',
      networkName: 'test',
      netns: attachment.kind === 'tap' ? attachment.netnsPath : '',
      result: { cniVersion: '0.4.0', ips: [{ version: '4' }, { address: attachment.addresses[0] }] },
    });
    expect(Buffer.from(String(cached.config), 'base64').toString()).toBe(
      await readFile(join(host.confDir, '10-test.conflist'), 'utf8'),
    );
    await host.vms.check('vm-a');
    await runProcess('nsenter', {
      args: [`--net=${String(cached.netns)}`, 'tc', 'qdisc', 'del', 'dev', 'tap0', 'ingress'],
    });
    await expect(host.vms.check('vm-a')).rejects.toThrow(/tc-redirect-tap failed to CHECK: tap0 has no ingress qdisc/);
    await expect(host.vms.check('vm-b')).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
  });

  it('ten VMs, one after the other, leave exactly nothing', async () => {
    const provider = host.provider();
    await provider.attach(request('vm-first'));
    await provider.detach('vm-first');
    const before = await stateOfHost();
    for (let i = 0; i < 10; i++) {
      await provider.attach(request(`vm-${i}`));
      await provider.detach(`vm-${i}`);
    }
    expect(await stateOfHost()).toEqual(before);
    expect(await host.leftovers()).toEqual([]);
  });

  it('what a killed process has attached is reclaimed, what another one has is not', async () => {
    const provider = host.provider();
    await provider.attach(request('vm-mine'));
    const attached = Promise.withResolvers<void>();
    const worker = await startProcess(process.execPath, {
      args: [new URL('attach-worker.ts', import.meta.url).pathname, folder.path],
      stdout: { each: () => attached.resolve() },
    });
    await attached.promise;
    const fail = (_: string, error: unknown) => expect.fail(String(error));
    expect(await host.vms.reclaim(fail)).toEqual([]);
    worker.kill('SIGKILL');
    await worker.result;
    expect(await host.vms.reclaim(fail)).toEqual(['vm-killed']);
    expect(await host.vms.list()).toEqual(['vm-mine']);
    await provider.detach('vm-mine');
    expect(await host.leftovers()).toEqual([]);
  });

  it('a plugin that fails in the middle has the ones before it undone', async () => {
    const broken = await ScriptedPlugins.create(join(folder.path, 'bin'), ['broken'], ['0.4.0']);
    await broken.fail('broken', 'ADD', '{"code":7,"msg":"out of order"}');
    await host.configure({ plugins: [{ type: 'firewall' }, { type: 'broken' }, { type: 'tc-redirect-tap' }] });
    const binDirs = [pluginFolder, broken.folder, new URL('../../../libexec/cni', import.meta.url).pathname];
    await expect(host.provider({ binDirs }).attach(request('vm-a'))).rejects.toMatchObject({
      code: 'CNI_PLUGIN_FAILED',
      message: expect.stringContaining('broken failed to ADD: out of order (CNI error 7)') as string,
    });
    expect(await broken.calls()).toEqual(['ADD broken', 'DEL broken']);
    expect(await host.leftovers()).toEqual([]);

    // What can't be undone now is kept, and undone as soon as it can be.
    await broken.fail('broken', 'DEL', '{"code":11,"msg":"not now"}');
    await expect(host.provider({ binDirs }).attach(request('vm-a'))).rejects.toThrow(/out of order/);
    expect(await host.vms.list()).toEqual(['vm-a']);
    await expect(host.provider().detach('vm-a')).rejects.toThrow(/broken failed to DEL: not now/);
    await broken.fail('broken', 'DEL', undefined);
    await host.provider().detach('vm-a');
    expect(await host.leftovers()).toEqual([]);
  });

  it('an empty pool of addresses is named, and costs those who have one nothing', async () => {
    await host.configure({ ipam: { rangeStart: `${host.prefix}.9`, rangeEnd: `${host.prefix}.9` } });
    const provider = host.provider();
    await provider.attach(request('vm-a'));
    const before = await host.leftovers();
    await expect(provider.attach(request('vm-b'))).rejects.toMatchObject({
      code: 'CNI_PLUGIN_FAILED',
      message: expect.stringContaining('no IP addresses available') as string,
      hint: expect.stringContaining('firekiln purge') as string,
    });
    expect(await host.leftovers()).toEqual(before);
  });

  it('detaches with the configuration of the attach, after a change of it, a loss of the cache and of the namespace', async () => {
    const provider = host.provider();
    const attachment = await provider.attach(request('vm-a'));
    await writeFile(join(host.confDir, '10-test.conflist'), '{}');
    for (const name of await readdir(join(folder.path, 'cache', 'results'))) {
      await writeFile(join(folder.path, 'cache', 'results', name), 'damaged');
    }
    await provider.detach('vm-a');
    expect(await host.leftovers()).toEqual([]);

    // Without a namespace the bridge plugin can't tell which rules of ipMasq to remove.
    await host.configure({ ipMasq: false, plugins: [{ type: 'tc-redirect-tap' }] });
    const again = await provider.attach(request('vm-a'));
    expect(again.addresses).not.toEqual(attachment.addresses);
    await runProcess('umount', { args: [again.kind === 'tap' ? (again.netnsPath ?? '') : ''] });
    await provider.detach('vm-a');
    expect(await readdir(join(folder.path, 'ipam', 'test'))).not.toContain(again.addresses[0]?.split('/')[0]);
  });

  it('any interface will do: ptp, an MTU and a resolver of its own, version 1.0.0', async () => {
    const ptp = {
      type: 'ptp',
      mtu: 1400,
      dns: { nameservers: ['192.0.2.53'], search: ['example.test'] },
      ipam: {
        type: 'host-local',
        subnet: `${host.prefix}.0/24`,
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(folder.path, 'ipam'),
      },
    };
    const list = {
      name: 'test',
      cniVersions: ['0.4.0', '1.0.0', '1.1.0'],
      plugins: [ptp, { type: 'tc-redirect-tap' }],
    };
    await writeFile(join(host.confDir, '10-test.conflist'), JSON.stringify(list));
    const attachment = await host.provider().attach(request('vm-a'));
    expect(attachment).toMatchObject({
      mtu: 1400,
      dns: { servers: ['192.0.2.53'], search: ['example.test'], options: [] },
      routes: [{ destination: '0.0.0.0/0', gateway: `${host.prefix}.1` }],
    });
    await using server = await speak('0.0.0.0', 'the host');
    await using guest = await guestOf('a', attachment);
    expect(await guest.hear(`${host.prefix}.1`, server.port)).toBe('the host');
  });

  it('a network without a tap plugin, a missing plugin and a missing network are told before or undone after', async () => {
    await host.configure({ plugins: [{ type: 'firewall' }] });
    await expect(host.provider().attach(request('vm-a'))).rejects.toMatchObject({
      code: 'CNI_CONFIG_INVALID',
      hint: expect.stringContaining('tc-redirect-tap') as string,
    });
    await host.configure({ plugins: [{ type: 'no-such-plugin' }] });
    await expect(host.provider().attach(request('vm-a'))).rejects.toMatchObject({ code: 'CNI_PLUGIN_MISSING' });
    await host.configure({ version: '0.3.1' });
    await expect(host.provider().attach(request('vm-a'))).rejects.toMatchObject({ code: 'CNI_CONFIG_INVALID' });
    await expect(host.provider({ network: 'other' }).attach(request('vm-a'))).rejects.toMatchObject({
      code: 'CNI_NETWORK_MISSING',
      hint: 'There are: test.',
    });
    expect(await host.leftovers()).toEqual([]);
  });

  it('VMs that come at the same time have addresses of their own', async () => {
    const provider = host.provider();
    const ids = Array.from({ length: 4 }, (_, i) => `vm-${i}`);
    const all = await Promise.all(ids.map(async (vmId) => await provider.attach(request(vmId))));
    expect(new Set(all.flatMap(({ addresses }) => addresses)).size).toBe(4);
    await Promise.all(ids.map(async (vmId) => await provider.detach(vmId)));
    expect(await host.leftovers()).toEqual([]);
  });
});

/** All interfaces, namespaces and firewall rules of this machine, counters left out. */
async function stateOfHost(): Promise<readonly string[]> {
  await mkdir('/run/netns', { recursive: true });
  const links = JSON.parse((await runProcess('ip', { args: ['-json', 'link'] })).stdout.toString()) as {
    ifname: string;
  }[];
  const rules = await Promise.all(['iptables-save', 'ip6tables-save'].map(async (name) => await runProcess(name)));
  return [
    ...links.map(({ ifname }) => ifname),
    ...(await readdir('/run/netns')),
    ...rules.flatMap(({ stdout }) => stdout.toString().split('\n')).filter((line) => /^[*-]/.test(line)),
  ];
}

async function tapOwner(attachment: NetworkAttachment & { readonly kind: 'tap' }): Promise<unknown> {
  const { stdout } = await runProcess('nsenter', {
    args: [`--net=${attachment.netnsPath}`, 'ip', '-json', '-details', 'link', 'show', 'dev', attachment.tapName],
  });
  const [link] = JSON.parse(stdout.toString()) as { linkinfo: { info_data: Record<string, unknown> } }[];
  const { user, group } = link?.linkinfo.info_data ?? {};
  return { user, group };
}

async function hearHere(port: number): Promise<string> {
  const script = `import socket, sys
print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).makefile().read(), end="")`;
  return (await runProcess('python3', { args: ['-c', script, String(port)], timeoutMs: 30_000 })).stdout.toString();
}
