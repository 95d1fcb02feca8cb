import { readFile, stat } from 'node:fs/promises';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';

/** A program of the host that makes the image's command a service of the base's init. */
export interface Installer {
  readonly path: string;
  readonly program: Buffer;
}

const maxBytes = 16 << 20;

/** Throws USAGE for what is no file that could be one. */
export async function readInstaller(path: string): Promise<Installer> {
  try {
    const stats = await stat(path);
    // A pipe or a device might never end.
    if (!stats.isFile()) throw unusable(path, 'is no file');
    if (stats.size === 0) throw unusable(path, 'is empty');
    if (stats.size > maxBytes) throw unusable(path, `is larger than ${maxBytes} bytes`);
    return { path, program: await readFile(path) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw unusable(path, 'is not there');
    throw explainSystemError(error, 'reading the service installer', path);
  }
}

function unusable(path: string, what: string): FirekilnError {
  return new FirekilnError('USAGE', `--service-file-installer: ${path} ${what}`, {
    hint: 'Those that come with Firekiln lie in its folder baseos, one for each init system.',
  });
}
