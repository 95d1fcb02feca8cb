import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { findProgram } from '../../base/find-program.ts';
import { runProcess } from '../../base/process.ts';
import type { SetupContext } from '../setup-context.ts';

const installMs = 1_800_000;
const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600'];

/** The command with which somebody who may installs packages on this host. */
export function installCommand(packages: readonly string[]): string {
  return `sudo apt-get install ${options[0]} ${options[1]} ${packages.join(' ')}`;
}

/** Installs Debian packages on this host; needs root. Throws PACKAGES_UNAVAILABLE, PROGRAM_MISSING. */
export async function installPackages(
  packages: readonly string[],
  { emitter, signal }: Pick<SetupContext, 'emitter' | 'signal'>,
  node: string,
): Promise<void> {
  if ((await findProgram('apt-get')) === undefined) {
    throw new FirekilnError(
      'PROGRAM_MISSING',
      'this host has no apt-get; its packages can not be installed from here',
      {
        hint: `Install what Debian calls ${packages.join(', ')} with this system's own package manager.`,
      },
    );
  }
  const log = (stream: 'stdout' | 'stderr') => ({
    each: (data: Buffer) => emitter.emit({ event: 'node.log', node, stream, data }),
  });
  const apt = async (args: readonly string[]) => {
    await runProcess('apt-get', {
      args,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
      stdout: log('stdout'),
      stderr: log('stderr'),
      timeoutMs: installMs,
      // dpkg in the middle of its work gets time to come to an end.
      killAfterMs: 120_000,
      signal,
    });
  };
  try {
    await apt(['-q', 'update']);
    await apt(['-q', 'install', ...options, ...packages]);
  } catch (error) {
    if (!isFirekilnError(error) || error.code === 'ABORTED') throw error;
    throw new FirekilnError('PACKAGES_UNAVAILABLE', `installing ${packages.join(', ')} failed: ${error.message}`, {
      hint: `What apt said is shown above; try \`${installCommand(packages)}\`.`,
      cause: error,
    });
  }
}
