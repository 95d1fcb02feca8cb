import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aptSources } from '../../../scripts/test-bed/apt-sources.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import { createUserNetworkProvider } from '../../../src/net/user/user-provider.ts';
import type { Machine } from '../../../src/vm/driver.ts';
import type { TestShell } from '../../support/driver-conformance.ts';
import { qemuForTests } from '../../support/test-guest/qemu-for-tests.ts';
import { guestTools, makeTestGuest, type TestGuestImage } from '../../support/test-guest/test-guest.ts';
import { describeWithTools, findTool } from '../../support/tools.ts';

const secret = 'firekiln-secret-of-the-host';

describeWithTools(['qemu-system-x86_64', 'passt', ...guestTools], 'a guest on the user network', () => {
  let folder: string;
  let guest: TestGuestImage;
  let machine: Machine;
  let shell: TestShell;
  let provider: ReturnType<typeof createUserNetworkProvider>;
  const servers: Server[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fkn-'));
    const runDir = await mkdtemp(join(folder, 'r'));
    const { driver, kernel } = await qemuForTests();
    guest = await makeTestGuest(kernel.modules);
    provider = createUserNetworkProvider({ binary: findTool('passt') ?? '', stateDir: join(folder, 'state') });
    const vmId = `net-${process.pid}`;
    const network = await provider.attach({ vmId, runDir, hostname: 'x', publish: [], emitter: silentEmitter });
    machine = await driver.create({
      id: vmId,
      kernel: { vmlinux: kernel.vmlinuz, bzImage: kernel.vmlinuz },
      initrds: [guest.initrd],
      kernelArgs: [],
      vcpus: 1,
      memoryMiB: 256,
      drives: [],
      network,
      runDir,
      emitter: silentEmitter,
    });
    await machine.start();
    shell = await guest.connect(await machine.dial());
    const up = await run('ip link set eth0 up && udhcpc -q -n -t 10 -i eth0 -s /dhcp 2>&1');
    expect(up).toContain('obtained');
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await machine.destroy();
    await provider.detach(machine.id);
    await guest[Symbol.asyncDispose]();
    const left = await readdir(folder, { recursive: true });
    await rm(folder, { recursive: true, force: true });
    expect(left.filter((name) => !/^r[^/]*$|^state$/.test(name))).toEqual([]);
  });

  const run = async (command: string): Promise<string> => String((await shell.exec(command)).stdout);
  /** What TCP servers say to connections from within the guest. */
  const readAll = async (targets: readonly { address: string; port: number }[]): Promise<string[]> => {
    const reads = targets.map(({ address, port }, i) => {
      const host = address.includes(':') ? `TCP6:[${address}]` : `TCP4:${address}`;
      return `socat -u -T 2 ${host}:${port},connect-timeout=2 - >/tmp/said-${i} 2>&1 &`;
    });
    const all = await run(
      `${reads.join('\n')}\nwait\nfor i in $(seq 0 ${targets.length - 1}); do cat /tmp/said-$i; echo =====; done`,
    );
    return all.split('=====').slice(0, targets.length);
  };

  async function listen(host: string): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(secret);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  it('gets the address, the gateway and the resolver of its host', async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .map((each) => each?.address);
    const address = /inet (\S+)\//.exec(await run('ip -4 addr show dev eth0'))?.[1];
    expect(own).toContain(address);
    expect(await run('ip route')).toMatch(/^default via /m);
    expect(await run('cat /etc/resolv.conf')).toMatch(/^nameserver /m);
  });

  it('has a VMM without rights, confined by seccomp', async () => {
    const status = await readFile(`/proc/${machine.pid}/status`, 'utf8');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).not.toMatch(/^[UG]id:.*\b0\b/m);
  });

  it('reaches the outside, by name', async () => {
    const mirror = new URL(/(https?:\S+)/.exec((await aptSources())?.lines[0] ?? '')?.[1] ?? 'http://deb.debian.org/');
    const port = mirror.port === '' ? (mirror.protocol === 'https:' ? 443 : 80) : Number(mirror.port);
    const looked = await run(`nslookup -type=a ${mirror.hostname} 2>&1`);
    const address = /^Address(?: \d+)?: (\d+\.\d+\.\d+\.\d+)$/m.exec(looked)?.[1];
    expect(address, looked).toBeDefined();
    const answer = await run(
      `printf 'HEAD / HTTP/1.0\\r\\nHost: ${mirror.hostname}\\r\\n\\r\\n' | socat -t 5 - TCP4:${address}:${port},connect-timeout=20 2>&1`,
    );
    expect(answer).toMatch(/^HTTP\/1/);
  });

  it('can not reach servers of its host, by whatever address', async () => {
    const ports = [await listen('127.0.0.1'), await listen('::1'), await listen('::')];
    const gateway = /default via (\S+)/.exec(await run('ip route'))?.[1] ?? '';
    const gateway6 = /default via (\S+)/.exec(await run('ip -6 route'))?.[1];
    const own = Object.values(networkInterfaces())
      .flat()
      .map((each) => each?.address ?? '127.0.0.1');
    const addresses = new Set([
      ...own.filter((each) => !each.startsWith('fe80')),
      gateway,
      '127.0.0.1',
      '127.0.0.53',
      '0.0.0.0',
      '::1',
      '10.0.2.2',
      '169.254.1.1',
      ...(gateway6 === undefined ? [] : [gateway6.startsWith('fe80') ? `${gateway6}%eth0` : gateway6]),
    ]);
    const tries = [...addresses].flatMap((address) => ports.map((port) => ({ address, port })));
    const look = async () => {
      const heard: string[] = [];
      const said = await readAll(tries);
      tries.forEach(({ address, port }, i) => {
        if (said[i]?.includes(secret)) heard.push(`${address} ${port}`);
      });
      return heard;
    };
    expect(await look()).toEqual([]);

    // Root of the guest routes the host's addresses to its network card.
    await run('ip addr del 127.0.0.1/8 dev lo; ip addr del ::1/128 dev lo; ip link set lo down');
    await run('for each in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$each/route_localnet; done');
    await run(`ip addr flush dev eth0 scope global; ip addr add ${neighbour(gateway)}/24 dev eth0`);
    await run(`ip route add default via ${gateway}; ip route add 127.0.0.0/8 via ${gateway}`);
    if (gateway6 !== undefined) await run(`ip -6 route add ::1 via ${gateway6} dev eth0`);
    expect(await run('ip route get 127.0.0.1')).toContain('dev eth0');
    expect(await look()).toEqual([]);

    // The very same look finds a server where there is one.
    await run('ip route del 127.0.0.0/8; ip link set lo up; ip addr add 127.0.0.1/8 dev lo');
    await run(`(echo ${secret} | socat -u - TCP4-LISTEN:7777 &) ; sleep 0.5`);
    expect(await readAll([{ address: '127.0.0.1', port: 7777 }])).toEqual([expect.stringContaining(secret)]);
  });
});

/** Another address of a /24. */
function neighbour(address: string): string {
  const parts = address.split('.').map(Number);
  return [...parts.slice(0, 3), parts[3] === 77 ? 78 : 77].join('.');
}
