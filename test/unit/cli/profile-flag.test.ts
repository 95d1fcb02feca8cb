import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseToml } from '../../../src/app/config/toml-document.ts';
import { addBuildCommand } from '../../../src/cli/commands/build.ts';
import { applyProfile } from '../../../src/cli/profile-flag.ts';

/** The flags of `build` after a command line and a profile. */
async function flagsOf(toml: string, argv: readonly string[] = []): Promise<Record<string, unknown>> {
  const program = new Command();
  addBuildCommand(program);
  const [build] = program.commands;
  if (build === undefined) throw new Error('no build');
  build.action(() => {});
  build.exitOverride();
  await build.parseAsync([...argv], { from: 'user' });
  applyProfile(build, await parseToml(toml, 'p.toml'));
  return build.opts();
}

describe('profiles', () => {
  it('stand for flags of all kinds', async () => {
    const flags = await flagsOf(
      'machine-ssh-user = "alpine"\nresources-mem = 512\nno-cache = true\negress-no-wait = true\nbuild-arg = ["A=1", "B=2"]\ntag = "a/b:1"\n',
    );
    expect(flags).toMatchObject({
      machineSshUser: 'alpine',
      resourcesMem: '512',
      cache: false,
      egressNoWait: true,
      buildArg: ['A=1', 'B=2'],
      tag: ['a/b:1'],
    });
  });

  it('yield to flags that are given', async () => {
    const flags = await flagsOf('machine-ssh-user = "alpine"\ntag = "a/b:1"\n', ['--machine-ssh-user=me', '-t', 'x']);
    expect(flags).toMatchObject({ machineSshUser: 'me', tag: ['x'] });
  });

  it.each([
    ['machine-ssh-usr = "a"', /p\.toml:1: build has no flag --machine-ssh-usr/],
    ['\npull = "yes"', /p\.toml:2: --pull is true or false here/],
    ['target = ["a"]', /--target is a text or a number here/],
    ['profile = "other"', /no flag --profile/],
  ])('refuse %j', async (toml, message) => {
    await expect(flagsOf(toml)).rejects.toThrow(message);
  });

  it('name the nearest flag', async () => {
    await expect(flagsOf('machine-ssh-usr = "a"')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('machine-ssh-user'),
    });
  });
});
