import { quoteWord } from '../../base/quote-command.ts';
import type { ContainerConfig } from '../../formats/oci/image.ts';

/**
 * /etc/firebuild/cmd.env: what a service installer needs to know of the image, as assignments of a POSIX shell. Words of
 * ENTRYPOINT and CMD are joined with spaces, each quoted for a shell where it has to be, because installers write
 * `$SERVICE_ENTRYPOINT $SERVICE_CMDS` into a shell command.
 */
export function cmdEnv(config: ContainerConfig): string {
  const shell = config.Shell ?? ['/bin/sh', '-c'];
  const values: readonly (readonly [string, string])[] = [
    ['SERVICE_WORKDIR', config.WorkingDir || '/'],
    ['SERVICE_SHELL', shell.join(' ')],
    ['SERVICE_ENTRYPOINT', words(config.Entrypoint)],
    ['SERVICE_CMDS', words(config.Cmd)],
    ['SERVICE_USER', config.User || '0:0'],
  ];
  const lines = values.map(([name, value]) => `${name}=${doubleQuoted(value)}`);
  for (const variable of config.Env ?? []) {
    const equals = variable.indexOf('=');
    const name = variable.slice(0, equals);
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) lines.push(`export ${name}=${doubleQuoted(variable.slice(equals + 1))}`);
  }
  return `${lines.join('\n')}\n`;
}

function words(command: readonly string[] | undefined | null): string {
  return (command ?? []).map(quoteWord).join(' ');
}

/** POSIX shell, 2.2.3: in double quotes these four keep a meaning. */
function doubleQuoted(text: string): string {
  return `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
}
