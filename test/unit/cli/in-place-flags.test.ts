import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addInPlaceFlags,
  cpuTemplateOf,
  type InPlaceFlags,
  idleInPlaceFlags,
  inPlaceRequest,
} from '../../../src/cli/in-place-flags.ts';

function flagsOf(...argv: string[]): InPlaceFlags {
  const command = new Command();
  addInPlaceFlags(command);
  return command.exitOverride().parse(argv, { from: 'user' }).opts<InPlaceFlags>();
}

const read = (...argv: string[]) => inPlaceRequest(flagsOf(...argv), {});

describe("the original's flags", () => {
  it('have its defaults', () => {
    expect(read('--machine-ssh-user=alpine')).toEqual({
      user: 'alpine',
      port: 22,
      keyFile: undefined,
      agentSocket: undefined,
      forwardAgent: false,
      kernel: undefined,
      kernelArgs: [],
      partuuid: undefined,
      preBuildCommands: [],
      postBuildCommands: [],
      egress: { target: '1.1.1.1', timeoutMs: 15_000 },
      installer: undefined,
      shutdownGraceMs: 30_000,
    });
    expect(read()).toBeUndefined();
  });

  it('mean what they say', () => {
    const request = read(
      '--machine-ssh-user',
      'me',
      '--machine-ssh-port',
      '2222',
      '--machine-vmlinux',
      '/k/vmlinux-v5.8',
      '--machine-kernel-args',
      'console=ttyS0  noapic',
      '--init-command',
      'a',
      '--pre-build-command',
      'b, c',
      '--post-build-command',
      'chmod -x /etc/init.d/sshd',
      '--egress-test-target=example.com',
      '--egress-test-timeout-seconds',
      '2',
      '--shutdown-graceful-timeout-seconds',
      '5',
      '--service-file-installer=/i',
      '--machine-rootfs-base=/b',
      '--machine-root-drive-partuuid=0EAA91A0-01',
    );
    expect(request).toMatchObject({
      port: 2222,
      kernel: '/k/vmlinux-v5.8',
      kernelArgs: ['console=ttyS0', 'noapic'],
      preBuildCommands: ['a', 'b, c'],
      postBuildCommands: ['chmod -x /etc/init.d/sshd'],
      egress: { target: 'example.com', timeoutMs: 2000 },
      shutdownGraceMs: 5000,
      installer: '/i',
      partuuid: '0eaa91a0-01',
    });
    expect(read('--machine-ssh-user=me', '--egress-no-wait')?.egress).toBeUndefined();
  });

  it('take the agent, and forward it unless told not to', () => {
    const env = { SSH_AUTH_SOCK: '/agent' };
    expect(inPlaceRequest(flagsOf('--machine-ssh-user=me'), env)).toMatchObject({
      agentSocket: '/agent',
      forwardAgent: true,
    });
    const flags = flagsOf('--machine-ssh-user=me', '--machine-ssh-disable-agent-forward');
    expect(inPlaceRequest(flags, env)).toMatchObject({ agentSocket: '/agent', forwardAgent: false });
  });

  it('take empty values for none', () => {
    const flags = ['--machine-ssh-key-file=', '--machine-vmlinux=', '--service-file-installer='];
    expect(read('--machine-ssh-user=me', ...flags)).toMatchObject({ keyFile: undefined, kernel: undefined });
    expect(cpuTemplateOf(flagsOf('--machine-cpu-template='))).toBeUndefined();
    expect(cpuTemplateOf(flagsOf('--machine-cpu-template=T2'))).toBe('T2');
  });

  it('that change nothing without in-place mode are named', () => {
    const idle = ['--machine-ssh-port=22', '--egress-no-wait', '--shutdown-graceful-timeout-seconds=5'];
    expect(idleInPlaceFlags(flagsOf(...idle))).toEqual(idle.map((flag) => flag.replace(/=.*/, '')));
    expect(idleInPlaceFlags(flagsOf('--machine-ssh-user=me', ...idle))).toEqual([]);
  });

  it.each([
    [['--machine-ssh-user=a b'], /can not be the name of a user/],
    [['--machine-ssh-user=me', '--machine-ssh-port=0'], /--machine-ssh-port: "0"/],
    [['--machine-ssh-user=me', '--machine-ssh-port=65536'], /--machine-ssh-port/],
    [['--machine-ssh-user=me', '--egress-test-target=-f'], /--egress-test-target/],
    [['--post-build-command=x'], /--post-build-command goes with --machine-ssh-user/],
    [['--machine-ssh-user=me', '--machine-rootfs-base=/b', '--machine-root-drive-partuuid=sda1'], /is no PARTUUID/],
    [['--machine-ssh-user=me', '--machine-root-drive-partuuid=0eaa91a0-01'], /goes with --machine-rootfs-base/],
    [['--machine-vmlinux=x'], /--machine-vmlinux goes with --machine-ssh-user/],
  ])('are refused when wrong: %j', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });
});
