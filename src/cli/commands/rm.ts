import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { withRuntime } from '../with-runtime.ts';

interface RmFlags extends CommonFlags {
  readonly force?: boolean;
}

export function addRmCommand(program: Command): void {
  const command = program
    .command('rm')
    .description('remove VMs that have ended, with their logs')
    .argument('<vm...>', 'names or ids')
    .option('-f, --force', 'also VMs that run: they are killed');
  addCommonOptions(command);
  command.action(async (vms: readonly string[], flags: RmFlags) => {
    await withRuntime(flags, async (runtime, app) => {
      const { removeVm } = await import('../../runtime/remove-vm.ts');
      await forEach(vms, async (vm) => {
        await removeVm(runtime, { vm, force: flags.force === true, signal: app.signal });
        printLine(vm);
      });
    });
  });
}
