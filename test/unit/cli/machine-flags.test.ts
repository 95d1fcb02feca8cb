import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addMachineFlags, firecrackerChoice, type MachineFlags } from '../../../src/cli/machine-flags.ts';

function read(...words: string[]) {
  const command = new Command();
  addMachineFlags(command);
  command.parse(words, { from: 'user' });
  return firecrackerChoice(command.opts<MachineFlags>());
}

it('says nothing without flags: the configuration decides', () => {
  expect(read()).toEqual({});
});

it('reads the flags of the original command line, empty values too', () => {
  const given = read(
    '--binary-firecracker=',
    '--binary-jailer=/usr/bin/jailer',
    '--chroot-base=/srv/jailer',
    '--jailer-uid=0',
    '--jailer-gid=5',
    '--jailer-numa-node=1',
  );
  expect(given).toEqual({
    binary: '',
    jailer: '/usr/bin/jailer',
    chrootBase: '/srv/jailer',
    uid: 0,
    gid: 5,
    numaNode: 1,
  });
});

it('--no-jailer', () => {
  expect(read('--no-jailer')).toEqual({ jailed: false });
});

it.each(['-1', 'root', '4294967295', ''])('refuses --jailer-uid=%s', (value) => {
  expect(() => read(`--jailer-uid=${value}`)).toThrow(/--jailer-uid/);
});
