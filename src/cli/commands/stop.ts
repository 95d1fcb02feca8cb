import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { forEach } from '../for-each.ts';
import { parseCount } from '../parse-count.ts';
import { withRuntime } from '../with-runtime.ts';

interface StopFlags extends CommonFlags {
  readonly time?: string;
  readonly signal?: string;
}

export function addStopCommand(program: Command): void {
  const command = program
    .command('stop')
    .description('ask the programs of VMs to end, then make them')
    .argument('<vm...>', 'names or ids')
    .option('-t, --time <seconds>', 'from the stop signal until SIGKILL; 10, or 90 with --init image')
    .option('-s, --signal <signal>', "instead of the image's STOPSIGNAL");
  addCommonOptions(command);
  command.action(async (vms: readonly string[], flags: StopFlags) => {
    await withRuntime(flags, async (runtime, app) => {
      const { stopVm } = await import('../../runtime/stop-vm.ts');
      const graceMs = flags.time === undefined ? undefined : parseCount('--time', flags.time) * 1000;
      await forEach(vms, async (vm) => {
        await stopVm(runtime, { vm, graceMs, stopSignal: flags.signal, signal: app.signal });
        printLine(vm);
      });
    });
  });
}
