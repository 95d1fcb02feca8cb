import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { ContainerConfig } from '../../formats/oci/image.ts';
import { mergeVariables } from './environment-variables.ts';

/** What runs in a VM. */
export interface ProcessConfig {
  /** Never empty. */
  readonly args: readonly string[];
  /** `NAME=value`, without what depends on the user. */
  readonly env: readonly string[];
  readonly user: string;
  readonly workdir: string;
}

export interface ProcessWishes {
  /** After the name of the image. */
  readonly command: readonly string[];
  /** `--entrypoint`; empty: none, whatever the image says. */
  readonly entrypoint?: string | undefined;
  readonly env: readonly string[];
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
}

const defaultInit = '/sbin/init';
/** As docker has it where the image says nothing. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program to run, by docker's rules: a command replaces the image's CMD; --entrypoint replaces the ENTRYPOINT and
 * drops the CMD. Throws RUN_NO_COMMAND.
 */
export function processConfig(config: ContainerConfig, wishes: ProcessWishes, imageName: string): ProcessConfig {
  const { command, entrypoint } = wishes;
  const first = entrypoint === undefined ? (config.Entrypoint ?? []) : entrypoint === '' ? [] : [entrypoint];
  const second = command.length > 0 || entrypoint !== undefined ? command : (config.Cmd ?? []);
  const args = [...first, ...second];
  if (args.length === 0) {
    throw new FirekilnError('RUN_NO_COMMAND', `${imageName} names no program to run`, {
      hint: `Give one after the name: firekiln run ${imageName} PROGRAM`,
    });
  }
  return { args, ...surroundings(config, wishes) };
}

/** The image's init as the program, which `command` names; user and workdir are for `exec`. Throws USAGE. */
export function initConfig(config: ContainerConfig, wishes: ProcessWishes): ProcessConfig {
  const { command, entrypoint } = wishes;
  if (entrypoint !== undefined) {
    throw new FirekilnError('USAGE', '--entrypoint is not for --init image, where no program is run but the init', {
      hint: 'Name the init after the image if it is not /sbin/init.',
    });
  }
  const args = command.length > 0 ? command : [defaultInit];
  if (args[0]?.startsWith('/') !== true) {
    throw new FirekilnError('USAGE', `--init image: ${JSON.stringify(args[0])} is no absolute path of an init`);
  }
  return { args, ...surroundings(config, wishes) };
}

function surroundings(config: ContainerConfig, wishes: ProcessWishes): Omit<ProcessConfig, 'args'> {
  const workdir = wishes.workdir ?? (config.WorkingDir || '/');
  if (!workdir.startsWith('/')) {
    throw new FirekilnError('USAGE', `-w ${JSON.stringify(workdir)} is no absolute path`);
  }
  return {
    env: mergeVariables([defaultPath], config.Env ?? [], wishes.env),
    user: wishes.user ?? config.User ?? '',
    workdir,
  };
}

/** Paths of VOLUME, sorted. */
export function volumesOf({ Volumes = {} }: ContainerConfig): readonly string[] {
  return Object.keys(Volumes ?? {})
    .filter((path) => path.startsWith('/') && !path.includes('\n'))
    .sort();
}
