import type { Command } from 'commander';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { withRuntime } from '../with-runtime.ts';

/** What `run` starts for each VM; not for people. */
export function addShimCommand(program: Command): void {
  const command = program.command('shim', { hidden: true }).argument('<folder>');
  addCommonOptions(command);
  command.action(async (folder: string, flags: CommonFlags) => {
    await withRuntime({ ...flags, progress: 'plain' }, async (runtime, app) => {
      const { runShim } = await import('../../runtime/shim/run-shim.ts');
      await runShim(runtime, folder, app.signal);
    });
  });
}
