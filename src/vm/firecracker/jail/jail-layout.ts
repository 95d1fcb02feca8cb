import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../../base/system-error.ts';

/** The folders of one jail, as the jailer wants them (Firecracker, docs/jailer.md). */
export interface JailLayout {
  /** Without symbolic links. */
  readonly base: string;
  /** `<base>/<file name of firecracker>`, shared by the jails of one Firecracker. */
  readonly parent: string;
  /** `<parent>/<machine id>`: everything of this jail. */
  readonly folder: string;
  /** What the VMM has as `/`. */
  readonly root: string;
}

/** The folder of {@link JailLayout.root} in which the VMM finds the files of its machine, which stays root's. */
export const filesFolder = 'files';
/** The folder in which the VMM makes its sockets; it is the VMM's until it has made them. */
export const socketsFolder = 'run';

export async function jailLayout(options: {
  readonly chrootBase: string;
  readonly binary: string;
  readonly machineId: string;
}): Promise<JailLayout> {
  const base = await realpathOfMissing(options.chrootBase);
  const parent = join(base, basename(await realpath(options.binary).catch(() => options.binary)));
  const folder = join(parent, options.machineId);
  return { base, parent, folder, root: join(folder, 'root') };
}

/** As realpath(3), for a folder that may not be there yet. */
async function realpathOfMissing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return join(await realpathOfMissing(dirname(path)), basename(path));
  }
}
