import type { Command } from 'commander';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { withRuntime } from '../with-runtime.ts';

interface ExecFlags extends CommonFlags {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
}

export function addExecCommand(program: Command): void {
  const command = program
    .command('exec')
    .description('run a further program in a running VM')
    .argument('<vm>', 'name or id')
    .argument('<command...>', 'the program and its arguments')
    .passThroughOptions()
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give the program a terminal')
    .option('-e, --env <variable>', 'NAME=value, or NAME for the value it has here', collect, [])
    .option('--env-file <path>', 'file with a variable per line', collect, [])
    .option('-u, --user <user>', 'user[:group] of the image, by name or number')
    .option('-w, --workdir <path>', 'working directory');
  addCommonOptions(command);
  command.action(async (vm: string, args: readonly string[], flags: ExecFlags) => {
    process.exitCode = await withRuntime(
      flags,
      async (runtime, app) => {
        const { execInVm } = await import('../../runtime/exec-in-vm.ts');
        const { attachmentOf, attachTerminal, terminalHandlers } = await import('../attach-terminal.ts');
        const attach = attachmentOf({ interactive: flags.interactive === true, tty: flags.tty === true });
        const { env, envFile: envFiles, user, workdir } = flags;
        const handlers = terminalHandlers();
        using client = await execInVm(runtime, { vm, args, env, envFiles, user, workdir, attach, handlers });
        using _terminal = attachTerminal(app, client, attach);
        const end = await client.answer();
        return end.event === 'ended' ? end.exitCode : 125;
      },
      { status: 125 },
    );
  });
}
