import { stat } from 'node:fs/promises';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/**
 * A file that is put in the place of another must not take that of `/dev/null` or of a named pipe: as root it would
 * break the host. Throws EXPORT_PLACE.
 */
export async function refuseSpecialFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : 'a device, pipe or socket';
  throw new FirekilnError('EXPORT_PLACE', `${path} is ${kind}, and not a file that can be replaced`, {
    hint: 'Name a file that is not there yet; dest=- of --output is standard output.',
  });
}
