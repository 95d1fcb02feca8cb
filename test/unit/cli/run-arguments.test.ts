import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { arrangeRunArguments } from '../../../src/cli/arrange-run-arguments.ts';
import { addRunCommand } from '../../../src/cli/commands/run.ts';

function runCommand(): Command {
  const program = new Command().exitOverride().enablePositionalOptions();
  addRunCommand(program);
  const [command] = program.commands;
  if (command === undefined) throw new Error('no command');
  return command.exitOverride();
}

describe('the arguments of run', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['img', '-- img'],
    ['-d img', '-d -- img'],
    ['img -d', '-d -- img'],
    ['img ls -la /', '-- img ls -la /'],
    ['-p 80:80 img -e A=b ls -d', '-p 80:80 -e A=b -- img ls -d'],
    ['--name=web img', '--name=web -- img'],
    ['--name web img x', '--name web -- img x'],
    ['-p80:80 img', '-p80:80 -- img'],
    ['-it img sh', '-it -- img sh'],
    ['-dp 80:80 img', '-dp 80:80 -- img'],
    ['-itu app img', '-itu app -- img'],
    ['img -- -x', '-- img -x'],
    ['img -d -- -x -- y', '-d -- img -x -- y'],
    ['-d -- img x', '-d -- img x'],
    ['--help', '--help'],
  ];
  it.each(cases)('%s', (given, arranged) => {
    expect(arrangeRunArguments(runCommand(), given.split(' ')).join(' ')).toBe(arranged);
  });
});

describe("docker's flags that run does not have", () => {
  const parse = (words: string) =>
    new Promise<unknown>((resolve) => {
      const program = new Command().exitOverride().enablePositionalOptions();
      addRunCommand(program);
      program.parseAsync(['run', ...words.split(' ')], { from: 'user' }).then(() => resolve(undefined), resolve);
    });

  it.each([
    ['-v /a:/b img', /no -v or --volume/, /COPY/],
    ['--volume=/a:/b img', /no -v or --volume/, /COPY/],
    ['img --privileged', /no --privileged/, /leave the flag out/],
    ['--cap-add NET_ADMIN img', /no --cap-add/, /capabilities/],
    ['--device /dev/x img', /no --device/, /Devices/],
    ['--mount type=bind,src=/a img', /no --mount/, /COPY/],
    ['--link other img', /no --link/, /-p/],
    ['-P img', /no -P or --publish-all/, /-p 80/],
  ])('refuses %s by name', async (words, message, hint) => {
    const error = await parse(words);
    expect(error).toMatchObject({ code: 'USAGE', exitCode: 125 });
    expect((error as Error).message).toMatch(message);
    expect((error as { hint: string }).hint).toMatch(hint);
  });
});
