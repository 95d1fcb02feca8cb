import { Command, CommanderError } from 'commander';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError } from '../base/system-error.ts';
import { reportFatal } from '../report/fatal.ts';
import { watchOutput } from '../report/output.ts';
import { addBaseCommand } from './commands/base.ts';
import { addBuildCommand } from './commands/build.ts';
import { addDockerfileCommand } from './commands/dockerfile.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExecCommand } from './commands/exec.ts';
import { addImagesCommand } from './commands/images.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addKillCommand } from './commands/kill.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addNetworkCommand } from './commands/network.ts';
import { addPsCommand } from './commands/ps.ts';
import { addPullCommand } from './commands/pull.ts';
import { addPurgeCommand } from './commands/purge.ts';
import { addRmCommand } from './commands/rm.ts';
import { addRmiCommand } from './commands/rmi.ts';
import { addRunCommand } from './commands/run.ts';
import { addSetupCommand } from './commands/setup.ts';
import { addShimCommand } from './commands/shim.ts';
import { addStopCommand } from './commands/stop.ts';
import { addTagCommand } from './commands/tag.ts';
import { addVersionCommand } from './commands/version.ts';
import { addWaitCommand } from './commands/wait.ts';
import { packageVersion } from './package-version.ts';

/** Of a command line that is wrong. Statuses of `run` and `exec` below 125 are those of the program (docs/exit-status.md). */
function usageStatus([command = '']: readonly string[]): number {
  return command === 'run' || command === 'exec' ? 125 : 2;
}

/** Runs one command line and returns the exit status of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('firekiln')
    .description('Turns Dockerfiles into bootable Firecracker microVMs, and runs them.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error[USAGE]: ')) })
    .showSuggestionAfterError()
    .enablePositionalOptions();
  addBuildCommand(program);
  addDockerfileCommand(program);
  addRunCommand(program);
  addExecCommand(program);
  addLogsCommand(program);
  addPsCommand(program);
  addStopCommand(program);
  addKillCommand(program);
  addWaitCommand(program);
  addRmCommand(program);
  addInspectCommand(program);
  addImagesCommand(program);
  addPullCommand(program);
  addTagCommand(program);
  addRmiCommand(program);
  addBaseCommand(program);
  addPurgeCommand(program);
  addShimCommand(program);
  addNetworkCommand(program);
  addSetupCommand(program);
  addDoctorCommand(program);
  addVersionCommand(program);
  let isReported = false;
  watchOutput((error) => {
    if (!isReported) process.exitCode = reportFatal(explainSystemError(error, 'writing to', 'standard output'));
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageStatus(argv);
    isReported = true;
    return reportFatal(isFolderGone(error) ? folderGone(error) : error);
  }
}

/** What Node says where getcwd(2) fails. */
function isFolderGone(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

function folderGone(cause: unknown): FirekilnError {
  return new FirekilnError('USAGE', 'the folder that the command was started in has been removed', {
    hint: 'Change to one that is there: cd ~',
    cause,
  });
}
