import { expect, it } from 'vitest';
import { tryProcess } from '../../../src/base/process.ts';
import { type DecidedNetwork, networkScript, undoNetworkScript } from '../../../src/guest/base/network-script.ts';
import { canMount } from '../../support/mount-namespace.ts';
import { describeWithTools, findTool } from '../../support/tools.ts';

const network: DecidedNetwork = {
  mac: '02:FC:00:00:00:07',
  addresses: ['10.1.2.3/24', '10.5.0.3/16'],
  routes: [
    { destination: '0.0.0.0/0', gateway: '10.1.2.1' },
    { destination: '10.9.0.0/16', gateway: '10.1.2.9' },
    { destination: '10.8.0.0/16' },
    { destination: '10.7.0.0/16', gateway: '172.16.0.1' },
  ],
  dns: { servers: ['10.1.2.53', 'fd00::53'], search: ['a.test', 'b.test'], options: ['ndots:2'] },
  mtu: 1400,
};

/** A guest whose kernel has set what `ip=` says: its device, folders and files of its own. */
const guest = `set -e
mount -t sysfs sys /sys
mount -t tmpfs run /run
mount -t tmpfs etc /etc
mount -t tmpfs tools /mnt
cp "$BUSYBOX" /mnt/busybox
ip link add lan0 address 02:fc:00:00:00:07 type veth peer name other
ip link set other up
ip link set lan0 up
ip address add 10.1.2.3/24 dev lan0
ip route add default via 10.1.2.1
for program in $HIDDEN; do mount --bind /dev/null "$program"; done
[ -z "$RESOLVER" ] || eval "$RESOLVER"
`;
const show = `echo --
/mnt/busybox ip -4 -o address show dev lan0 | sed 's/.*inet //; s/ .*//'
/mnt/busybox ip route | sed 's/ *$//' | sort
cat /sys/class/net/lan0/mtu
cat /etc/resolv.conf
`;

const busybox = findTool('busybox') ?? '';
const ip = findTool('ip') ?? '';

async function inGuest(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout, stderr, exitCode } = await tryProcess('unshare', {
    args: [...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount', '--net', 'sh', '-c', script],
    env: { PATH: process.env.PATH, BUSYBOX: busybox, HIDDEN: '', RESOLVER: '', ...env },
  });
  expect(exitCode, stderr.toString()).toBe(0);
  return stdout.toString();
}

const refused = /^route 10\.7\.0\.0\/16 via 172\.16\.0\.1 \(.*(?:unreachable|invalid).*\)$/i;
const given = `10.1.2.3/24
10.5.0.3/16
10.1.2.0/24 dev lan0 scope link  src 10.1.2.3
10.5.0.0/16 dev lan0 scope link  src 10.5.0.3
10.8.0.0/16 dev lan0 scope link
10.9.0.0/16 via 10.1.2.9 dev lan0
default via 10.1.2.1 dev lan0
1400
search a.test b.test
nameserver 10.1.2.53
nameserver fd00::53
options ndots:2
`;

// Root, or an ordinary user where user namespaces are allowed.
const test = it.skipIf(!(await canMount()));

describeWithTools(['unshare', 'busybox', 'ip'], 'what a base is told of its network over SSH', () => {
  test.each([
    ['iproute2', ''],
    ['busybox', ip],
  ])('is set with %s, twice as well as once; what can not be set is named', async (_, hidden) => {
    const script = networkScript(network);
    const said = await inGuest(`${guest}set +e\n(${script})\n(${script})\n${show}`, { HIDDEN: hidden });
    const [faults = '', facts] = said.split('--\n');
    const lines = faults.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(refused);
    expect(facts).toBe(given);
  });

  test('sets the MTU and the name servers without any ip command, and names the rest', async () => {
    const hidden = { HIDDEN: `${ip} ${busybox}` };
    const said = await inGuest(`${guest}set +e\n(${networkScript(network)})\n${show}`, hidden);
    const [faults = '', facts = ''] = said.split('--\n');
    const lacking = 'the base has no ip command';
    expect(faults.split('\n').filter((line) => line !== '')).toEqual([
      `address 10.5.0.3/16 (${lacking})`,
      `route 10.9.0.0/16 via 10.1.2.9 (${lacking})`,
      `route 10.8.0.0/16 (${lacking})`,
      `route 10.7.0.0/16 via 172.16.0.1 (${lacking})`,
    ]);
    expect(facts).toContain('\n1400\nsearch a.test b.test\nnameserver 10.1.2.53\n');
  });

  test.each([
    ['no file', '', 'none'],
    ['a file', 'echo old >/etc/resolv.conf', 'old'],
    ['a link', 'ln -s /proc/net/pnp /etc/resolv.conf', 'link'],
  ])('leaves %s as it was', async (_, resolver, after) => {
    const look = `if [ -L /etc/resolv.conf ]; then echo link; else cat /etc/resolv.conf 2>/dev/null || echo none; fi; ls /run | grep firekiln || :`;
    const script = `${guest}set +e\n(${networkScript({ ...network, routes: [] })})\n(${undoNetworkScript})\n${look}`;
    expect(await inGuest(script, { RESOLVER: resolver })).toBe(`${after}\n`);
  });

  test('says so where the device is not there', async () => {
    const said = await inGuest(`${guest}(${networkScript({ ...network, mac: '02:00:00:00:00:01' })})`, {});
    expect(said).toBe('anything (it has no network device 02:00:00:00:00:01)\n');
  });
});
