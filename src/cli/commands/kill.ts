import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { withRuntime } from '../with-runtime.ts';

interface KillFlags extends CommonFlags {
  readonly signal: string;
}

export function addKillCommand(program: Command): void {
  const command = program
    .command('kill')
    .description('send a signal to the programs of VMs')
    .argument('<vm...>', 'names or ids')
    .option('-s, --signal <signal>', 'the signal', 'KILL');
  addCommonOptions(command);
  command.action(async (vms: readonly string[], flags: KillFlags) => {
    await withRuntime(flags, async (runtime, app) => {
      const { killVm } = await import('../../runtime/stop-vm.ts');
      await forEach(vms, async (vm) => {
        await killVm(runtime, { vm, killSignal: flags.signal, signal: app.signal });
        printLine(vm);
      });
    });
  });
}
