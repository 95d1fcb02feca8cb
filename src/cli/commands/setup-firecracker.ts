import type { Command } from 'commander';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { printLine } from '../../report/output.ts';
import { addCommonOptions, type CommonFlags } from '../common-options.ts';
import { withApp } from '../with-app.ts';

interface SetupFirecrackerFlags extends CommonFlags {
  readonly from?: string;
  readonly sha256?: string;
  readonly json?: boolean;
}

export function addSetupFirecrackerCommand(setup: Command): void {
  const command = setup
    .command('firecracker')
    .description('install firecracker and its jailer into the data dir')
    .option('--from <place>', 'archive of a release or wheel (file or URL), or a folder; by default the release 1.12.1')
    .option('--sha256 <hex>', 'what the archive or wheel must have, if it is not of that release')
    .option('--json', 'print the result as JSON');
  addCommonOptions(command);
  command.action(async () => {
    const flags = command.optsWithGlobals<SetupFirecrackerFlags>();
    const digest = flags.sha256?.toLowerCase().replace(/^sha256:/, '');
    if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) {
      throw new FirekilnError('USAGE', `--sha256 ${flags.sha256} is no SHA-256: 64 hexadecimal digits`);
    }
    await withApp(flags, async (app) => {
      const { setUpFirecracker } = await import('../../app/setup-firecracker.ts');
      const { folder, version, unchanged, from } = await setUpFirecracker(app, { from: flags.from, digest });
      if (flags.json === true) printLine(JSON.stringify({ folder, version, unchanged, from }));
      else {
        const what = `firecracker and jailer ${version} in ${folder}`;
        printLine(`firecracker ${unchanged ? `already there: ${what}` : `done: ${what}, from ${from}`}`);
      }
    });
  });
}
