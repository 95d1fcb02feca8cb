import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProcess, startProcess } from '../../src/base/process.ts';
import { networkMachine, type SeenByGuest } from '../support/firecracker/network-machine.ts';

const netns = `net-${process.pid}`;
const ordinary = 1000;
/** A busy host takes minutes for a guest under two levels of emulation. */
const testMs = 600_000;
const outside = '198.51.100.1:8000';

/** The host has a network with a server on it, and a default route. */
beforeAll(async () => {
  const links = [
    `link add out0 type veth peer name eth0 netns ${netns}`,
    'addr add 198.51.100.2/24 dev out0',
    'link set out0 up',
    'route add default via 198.51.100.1',
  ];
  await runProcess('ip', { args: ['netns', 'add', netns] });
  await runProcess('ip', { args: ['-batch', '-'], stdin: { text: links.join('\n') } });
  const inside = ['addr add 198.51.100.1/24 dev eth0', 'link set eth0 up'].join('\n');
  await runProcess('ip', { args: ['-netns', netns, '-batch', '-'], stdin: { text: inside } });
  await startProcess('ip', {
    args: ['netns', 'exec', netns, 'socat', 'TCP-LISTEN:8000,fork,reuseaddr', "SYSTEM:'echo outside'"],
    dieWithParent: true,
  });
  // As a host gives it to the group kvm.
  await chmod('/dev/kvm', 0o666);
});

afterAll(async () => {
  await runProcess('sh', { args: ['-c', `ip netns pids ${netns} | xargs -r kill; ip netns del ${netns}`] });
});

function check({ address, outside: heard, loopback, capabilities }: SeenByGuest): void {
  expect(address).toBe('198.51.100.2');
  expect(heard).toBe('outside');
  expect(loopback).not.toContain('secret');
  expect(loopback).toMatch(/socat/);
  expect(capabilities).toMatch(/^0+$/);
}

it(
  'root gets it with a jail',
  async () => {
    check(await networkMachine(outside));
  },
  testMs,
);

it(
  'an ordinary user gets it without a jail, and leaves nothing',
  async () => {
    const script = new URL('../support/firecracker/network-machine.ts', import.meta.url).pathname;
    const as = ['--reuid', String(ordinary), '--regid', String(ordinary), '--clear-groups', '--', process.execPath];
    const { stdout } = await runProcess('setpriv', {
      args: [...as, script, outside],
      env: { ...process.env, HOME: '/tmp', NODE_COMPILE_CACHE: '' },
      timeoutMs: testMs,
    });
    check(JSON.parse(String(stdout)) as SeenByGuest);
    const { stdout: left } = await runProcess('sh', { args: ['-c', `ps -o args= -u ${ordinary} || true`] });
    expect(String(left)).toBe('');
  },
  testMs,
);
