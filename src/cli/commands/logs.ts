import type { Command } from 'commander';
import { writeThrough } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { parseCount } from '../parse-count.ts';
import { withRuntime } from '../with-runtime.ts';

interface LogsFlags extends CommonFlags {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly boot?: boolean;
}

export function addLogsCommand(program: Command): void {
  const command = program
    .command('logs')
    .description("show what a VM's program wrote: the last 16 MiB of it")
    .argument('<vm>', 'name or id')
    .option('-f, --follow', 'go on until the VM ends')
    .option('-n, --tail <lines>', 'only the last lines; "all" by default')
    .option('--boot', "the console instead: what the guest's kernel said");
  addCommonOptions(command);
  command.action(async (vm: string, flags: LogsFlags) => {
    await withRuntime(flags, async (runtime, app) => {
      const { vmLogs } = await import('../../runtime/vm-logs.ts');
      const tail = flags.tail === undefined || flags.tail === 'all' ? undefined : parseCount('--tail', flags.tail);
      const { follow = false, boot = false } = flags;
      for await (const { stream, data } of vmLogs(runtime, { vm, follow, boot, tail, signal: app.signal })) {
        await writeThrough(stream === 'stderr' ? 'stderr' : 'stdout', data);
      }
    });
  });
}
