import type { Command } from 'commander';
import { printLine } from '../../report/output.ts';
import { packageVersion } from '../package-version.ts';

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'as JSON, with the version of Node')
    .action((options: { readonly json?: boolean }) => {
      if (options.json) printLine(JSON.stringify({ version: packageVersion(), node: process.versions.node }));
      else printLine(`firekiln ${packageVersion()}`);
    });
}
