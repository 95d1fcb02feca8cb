import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import { runInNetns } from '../../../src/net/run-in-netns.ts';
import { guestNetns, NetworkGuest } from '../../support/network-guest/network-guest.ts';
import { testProvider } from '../../support/provider-conformance.ts';
import { underTest } from '../../support/providers/tap-user-under-test.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

// Root starts pasta as an ordinary user, who opens it. The stand-in for a guest needs root.
const hasTun = (statSync('/dev/net/tun', { throwIfNoEntry: false })?.mode ?? 0) & 0o006;
const isPossible = hasTun === 0o006 && process.getuid?.() === 0;

describe.skipIf(!isPossible)('the user network for taps', () => {
  describeWithTools(['pasta', 'tc', 'nsenter', 'python3', 'busybox'], 'with pasta', () => {
    describe('contract', () => {
      testProvider(underTest, new URL('../../support/providers/tap-user-under-test.ts', import.meta.url).href);
    });

    const folder = useTemporaryFolder();

    it('gives an address by DHCP; no packet for the host comes through, whatever root of the guest does', async () => {
      const provider = await underTest.open(folder.path);
      const runDir = join(folder.path, 'run');
      await mkdir(runDir);
      const attachment = await provider.attach({
        vmId: 'vm-a',
        runDir,
        hostname: 'a',
        publish: [],
        emitter: silentEmitter,
      });
      if (attachment.kind !== 'tap' || attachment.netnsPath === undefined) throw new Error('no tap');
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.end('secret');
      });
      await new Promise<void>((resolve) => server.listen(0, '::', resolve));
      try {
        await using guest = await NetworkGuest.start(guestNetns(folder.path, 'a'), attachment);
        const script = join(folder.path, 'dhcp');
        await writeFile(
          script,
          '#!/bin/sh\n[ "$1" = bound ] && ip addr add "$ip/$mask" dev eth0 && ip route add default via $router\n',
        );
        await chmod(script, 0o755);
        await guest.run('busybox', ['udhcpc', '-q', '-n', '-t', '10', '-i', 'eth0', '-s', script]);
        const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
        expect(own).toContain(/inet (\S+)\//.exec(await guest.run('ip', ['-4', 'addr', 'show', 'dev', 'eth0']))?.[1]);
        await guest.run('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; ip link set lo down']);
        await guest.run('sh', ['-c', 'ip addr flush dev lo; ip route add 127.0.0.0/8 dev eth0']);
        const bound = server.address();
        const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
        const tried = [...own.filter((each) => !each.startsWith('fe80')), '127.0.0.2', '169.254.1.1'];
        const heard = await Promise.all(tried.map(async (address) => [address, await guest.hear(address, port)]));
        expect(heard).toEqual(tried.map((address) => [address, undefined]));
        for (const protocol of ['ip', 'ipv6']) {
          const prio = protocol === 'ip' ? '30' : '31';
          const rules = [
            'filter',
            'del',
            'dev',
            attachment.tapName,
            'parent',
            'ffff:',
            'protocol',
            protocol,
            'prio',
            prio,
          ];
          await runInNetns(attachment.netnsPath, 'tc', rules);
        }
        expect(await guest.hear('127.0.0.2', port), 'the attack works without the rules').toBe('secret');
      } finally {
        server.close();
        await provider.detach('vm-a');
      }
      const keeper = /^\/proc\/(\d+)\//.exec(attachment.netnsPath)?.[1] ?? '';
      const { stdout } = await runProcess('ps', { args: ['-eo', 'args'] });
      expect(existsSync(`/proc/${keeper}`)).toBe(false);
      expect(String(stdout).split('\n')).not.toContainEqual(expect.stringMatching(new RegExp(`pasta .* ${keeper}$`)));
    });
  });
});
