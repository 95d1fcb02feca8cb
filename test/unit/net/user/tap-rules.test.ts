import { expect, it } from 'vitest';
import { refusalRules, tapRules } from '../../../../src/net/user/tap-rules.ts';
import { inNetns } from '../../../../src/vm/in-netns.ts';

it('refuses what means the host before all else passes, but for DNS to its resolvers and DHCP', () => {
  const rules = tapRules(['169.254.1.1', 'fd00::53']);
  const priorityOf = (match: RegExp) =>
    rules.filter((rule) => match.test(rule)).map((rule) => /prio (\d+)/.exec(rule)?.[1]);
  expect(priorityOf(/dst 169\.254\.1\.1\/32.*16 53 .*redirect dev up0/)).toEqual(['20', '20']);
  expect(priorityOf(/ip6 dst fd00::53\/128.*16 53 .*redirect dev up0/)).toEqual(['21', '21']);
  expect(priorityOf(/dst 255\.255\.255\.255\/32.*16 67 /)).toEqual(['20']);
  expect(priorityOf(/dst 127\.0\.0\.0\/8 .*redirect dev hole0/)).toEqual(['30']);
  expect(priorityOf(/ip6 dst ::\/96 .*redirect dev hole0/)).toEqual(['31']);
  expect(priorityOf(/dev tap0 .*match u32 0 0 .*redirect dev up0/)).toEqual(['10', '40', '41']);
  expect(rules.at(-1)).toContain('protocol all prio 50 u32 match u32 0 0 action mirred egress redirect dev hole0');
  // Ports stand where a header without options has them.
  for (const rule of rules) if (/protocol ip .*at 22/.test(rule)) expect(rule).toContain('match u8 0x45 0xff at 0');
});

it('refuses further addresses of the host', () => {
  expect(refusalRules([['192.0.2.7', 32]])).toEqual([
    'filter add dev tap0 parent ffff: protocol ip prio 30 u32 match ip dst 192.0.2.7/32 action mirred egress redirect dev hole0',
  ]);
});

it('a VMM enters a user namespace without keeping rights in it', () => {
  const rest = { mac: '', addresses: [], dhcp: true, routes: [], dns: { servers: [], search: [] }, published: [] };
  const tap = { kind: 'tap', tapName: 'tap0', netnsPath: '/n', ...rest } as const;
  expect(inNetns({ ...tap, usernsPath: '/u' }, 'vmm', ['-x'])).toEqual({
    command: 'nsenter',
    args: [
      ['--user=/u', '--preserve-credentials', '--net=/n', '--'],
      ['setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--', 'vmm', '-x'],
    ].flat(),
  });
  expect(inNetns(tap, 'vmm', ['-x']).args).toEqual(['--net=/n', '--', 'vmm', '-x']);
  expect(inNetns(undefined, 'vmm', [])).toEqual({ command: 'vmm', args: [] });
});
