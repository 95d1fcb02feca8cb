import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Path of the program of a plugin, in the first folder that has it. Throws CNI_PLUGIN_MISSING. */
export async function findPlugin(type: string, folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const path = join(folder, type);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) return path;
  }
  throw new FirekilnError('CNI_PLUGIN_MISSING', `the CNI plugin ${type} is in none of ${folders.join(', ')}`, {
    hint: 'On Debian `apt install containernetworking-plugins` installs the common ones; --cni-bin-dir names other folders.',
  });
}
