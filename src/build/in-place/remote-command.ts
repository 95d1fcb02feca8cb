import { constants } from 'node:os';
import { quoteWord } from '../../base/quote-command.ts';

/** A command as a Dockerfile means it. */
export interface RemoteStep {
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** `user[:group]` by name or number; empty for root. */
  readonly user: string;
  readonly network: 'default' | 'none';
  /** Variables whose values lie in files of the VM: no process list shows them. */
  readonly envFiles?: ReadonlyMap<string, string>;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A shell script that root is to run, as a command line of the login user. */
export function asRoot(script: string, user: string): string {
  // The socket of a forwarded agent comes with the login and would get lost on the way.
  const shell = `env SSH_AUTH_SOCK="$SSH_AUTH_SOCK" sh -c ${quoteWord(script)}`;
  return user === 'root' ? shell : `sudo -n ${shell}`;
}

/** The script of a step, for {@link asRoot}: makes its folder, becomes its user, and sets no variables but the step's. */
export function stepScript({ args, env, cwd, user, network, envFiles = new Map() }: RemoteStep): string {
  const words = [defaultPath, ...env, ...args].map(quoteWord).join(' ');
  const names = [...envFiles.keys()];
  const load = [...envFiles]
    .map(([name, file]) => `${name}="$(cat ${quoteWord(file)})" && export ${name} && `)
    .join('');
  const kept = names.map((name) => `"${name}=$${name}"`).join(' ');
  const clean = `exec env -i "HOME=$HOME" \${SSH_AUTH_SOCK:+"SSH_AUTH_SOCK=$SSH_AUTH_SOCK"} ${kept} "$@"`;
  const run = `sh -c ${quoteWord(clean)} - ${words}`;
  const alone = network === 'none' ? 'unshare -n ' : '';
  const folder = quoteWord(cwd);
  const start = `${load}mkdir -p ${folder} && cd ${folder} && `;
  const [name = '', group] = user.split(':');
  if (['', 'root', '0'].includes(name) && group === undefined)
    return `${start}HOME=/root && export HOME && exec ${alone}${run}`;
  const who = [
    names.length === 0 ? '' : `--preserve-env=${names.join()}`,
    name === '' ? '' : `-u ${account(name)}`,
    group === undefined ? '' : `-g ${account(group)}`,
  ];
  return `${start}exec ${alone}sudo -n -H ${who.filter((one) => one !== '').join(' ')} -- ${run}`;
}

/** sudo(8): numbers are written with a `#`. */
function account(name: string): string {
  return quoteWord(/^\d+$/.test(name) ? `#${name}` : name);
}

/** As docker counts: 128 and the number of the signal. */
export function exitCodeOf({ exitCode, signal }: { exitCode: number | undefined; signal: string | undefined }): number {
  if (exitCode !== undefined) return exitCode;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return 128 + (numbers[`SIG${signal}`] ?? 9);
}
