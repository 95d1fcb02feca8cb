import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { withRuntime } from '../with-runtime.ts';

export function addWaitCommand(program: Command): void {
  const command = program
    .command('wait')
    .description('wait until VMs have ended, and print the exit codes of their programs')
    .argument('<vm...>', 'names or ids');
  addCommonOptions(command);
  command.action(async (vms: readonly string[], flags: CommonFlags) => {
    await withRuntime(flags, async (runtime, app) => {
      const { waitVm } = await import('../../runtime/stop-vm.ts');
      await forEach(vms, async (vm) => {
        printLine(String(await waitVm(runtime, { vm, signal: app.signal })));
      });
    });
  });
}
