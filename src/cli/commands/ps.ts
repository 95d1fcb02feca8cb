import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags, collect } from '../common-options.ts';
import { withRuntime } from '../with-runtime.ts';

interface PsFlags extends CommonFlags {
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly filter: readonly string[];
}

export function addPsCommand(program: Command): void {
  const command = program
    .command('ps')
    .description('list VMs')
    .option('-a, --all', 'also those that have ended')
    .option('-q, --quiet', 'only their ids')
    .option('--json', 'as a JSON array')
    .option('-f, --filter <filter>', 'status=, name=, id=, label= or ancestor=', collect, []);
  addCommonOptions(command);
  command.action(async (flags: PsFlags) => {
    await withRuntime(flags, async (runtime) => {
      const { listVms } = await import('../../runtime/list-vms.ts');
      const { describeVm, vmTable } = await import('../../runtime/describe-vm.ts');
      const { vmFilter } = await import('../../runtime/options/vm-filter.ts');
      const { matches, wantsEnded } = vmFilter(flags.filter);
      const isShown = flags.all === true || wantsEnded;
      const vms = (await listVms(runtime)).filter((vm) => (isShown || vm.state.status !== 'exited') && matches(vm));
      if (flags.json === true)
        printLine(
          JSON.stringify(
            vms.map((vm) => describeVm(vm)),
            null,
            2,
          ),
        );
      else if (flags.quiet === true) for (const { record } of vms) printLine(record.id);
      else for (const line of vmTable(vms)) printLine(line);
    });
  });
}
