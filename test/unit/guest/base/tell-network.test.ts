import { expect, it } from 'vitest';
import { createEmitter } from '../../../../src/base/events.ts';
import { tellNetwork } from '../../../../src/guest/base/tell-network.ts';
import type { GuestExit } from '../../../../src/guest/guest.ts';

const network = {
  mac: '02:00:00:00:00:07',
  addresses: ['10.1.2.3/24'],
  routes: [{ destination: '10.9.0.0/16', gateway: '10.1.2.9' }],
  dns: { servers: [], search: [] },
  mtu: 1400,
};

async function tell(user: string, exit: Partial<Record<'stdout' | 'stderr', string>> & { readonly exitCode: number }) {
  const warnings: string[] = [];
  const commands: string[] = [];
  const emitter = createEmitter(
    (event) => {
      if (event.event === 'message') warnings.push(`${event.level}: ${event.text}`);
    },
    { module: 'test' },
  );
  const exec = async (command: string): Promise<GuestExit> => {
    commands.push(command);
    const [stdout, stderr] = [Buffer.from(exit.stdout ?? ''), Buffer.from(exit.stderr ?? '')];
    return { exitCode: exit.exitCode, signal: undefined, stdout, stderr };
  };
  await tellNetwork({ exec }, network, { user, emitter, signal: new AbortController().signal });
  return { warnings, command: commands.join('\n') };
}

it('is one command of root, and says nothing where all could be set', async () => {
  const { warnings, command } = await tell('debian', { exitCode: 0 });
  expect(warnings).toEqual([]);
  expect(command).toMatch(/^sudo -n sh -c '/);
  expect(command).toContain('route replace 10.9.0.0/16 via 10.1.2.9 dev "$device"');
  expect((await tell('root', { exitCode: 0 })).command).toMatch(/^sh -c '/);
});

it.each([
  [
    { stdout: 'MTU 1400 (no)\nroute 10.9.0.0/16 via 10.1.2.9 (the base has no ip command)\n', exitCode: 0 },
    'MTU 1400 (no), route 10.9.0.0/16 via 10.1.2.9 (the base has no ip command)',
  ],
  [
    { stderr: 'sudo: a password is required\n', exitCode: 1 },
    'all but its first address and gateway (sudo: a password is required)',
  ],
])('what could not be set is a warning: %j', async (exit, lacks) => {
  const { warnings } = await tell('debian', exit);
  expect(warnings).toEqual([`warn: the base could not be given all of its network; it lacks ${lacks}`]);
});
