import type { Command } from 'commander';
import type { AppOptions } from '../app/app.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { LogLevel } from '../base/events.ts';
import type { ProgressMode } from '../report/reporter.ts';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
const modes: readonly ProgressMode[] = ['auto', 'tty', 'plain', 'json', 'quiet'];

/** Adds the flags that every command has. */
export function addCommonOptions(command: Command): void {
  command
    .option('--data-dir <path>', 'where images, layers and VMs are kept (FIREKILN_DATA_DIR)')
    .option('--config <file>', 'configuration file, instead of /etc/firekiln/config.toml and the XDG one')
    .option('--log-level <level>', `least important messages to show: ${levels.join(', ')}`)
    .option('--log-as-json', 'one JSON object per event on standard error')
    .option('--log-color', 'colours where the output is a terminal, which is so by default')
    .option('--log-force-color', 'colours also where the output is no terminal');
}

/** The values of {@link addCommonOptions}, as commander gives them. */
export interface CommonFlags {
  readonly dataDir?: string;
  readonly config?: string;
  readonly logLevel?: string;
  readonly logAsJson?: boolean;
  readonly logForceColor?: boolean;
  readonly progress?: string;
}

/** Checks the values; throws USAGE. */
export function commonOptions(flags: CommonFlags): AppOptions {
  // Errors are shown after all else is over; the environment is what is asked for colours then.
  if (flags.logForceColor === true) process.env.FORCE_COLOR ??= '1';
  return {
    dataDir: flags.dataDir,
    config: flags.config,
    logLevel: flags.logLevel === undefined ? undefined : oneOf('--log-level', levels, flags.logLevel.toLowerCase()),
    logAsJson: flags.logAsJson,
    progress: flags.progress === undefined ? undefined : oneOf('--progress', modes, flags.progress),
  };
}

/** The value if it is one of those allowed; throws USAGE with the list otherwise. */
export function oneOf<T extends string>(flag: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new FirekilnError('USAGE', `${flag}: ${JSON.stringify(value)} is not one of ${allowed.join(', ')}`);
}

/** A repeatable option's collector. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
