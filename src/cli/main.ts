import { Command, CommanderError } from 'commander';
import { reportFatal } from '../report/fatal.ts';
import { addBuildCommand } from './commands/build.ts';
import { addDockerfileCommand } from './commands/dockerfile.ts';
import { addVersionCommand } from './commands/version.ts';
import { packageVersion } from './package-version.ts';

/** Runs one command line and returns the exit status of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('firekiln')
    .description('Turns Dockerfiles into bootable Firecracker microVMs, and runs them.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions();
  addBuildCommand(program);
  addDockerfileCommand(program);
  addVersionCommand(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportFatal(error);
  }
}
