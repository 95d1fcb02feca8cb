import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { makePrivateFolder, runtimeFolders } from '../../base/runtime-folder.ts';

/** sun_path of sockaddr_un(7), the terminating zero not counted. */
const maxSocketPathBytes = 107;
/** Room for the id and for the longest name of a socket that VMMs, networks and guests make in the folder. */
const roomForNames = 1 + 12 + 1 + 24;

/**
 * A private folder for the sockets of one VM, made: in /run/firekiln for root, in `$XDG_RUNTIME_DIR/firekiln`, else
 * below the data dir or, where that path is too long for sockets, in the folder for temporary files.
 */
export async function makeRunFolder(options: {
  readonly dataDir: string;
  readonly id: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
}): Promise<string> {
  const { dataDir, id, env, isRoot } = options;
  const own = runtimeFolders(env, isRoot);
  const bases = [...own.slice(0, -1), join(dataDir, 'run'), ...own.slice(-1)];
  for (const base of bases.filter((path) => Buffer.byteLength(path) + roomForNames <= maxSocketPathBytes)) {
    const path = join(base, id);
    if (!(await makePrivateFolder(base))) continue;
    try {
      await mkdir(path, { mode: 0o700 });
      return path;
    } catch {
      // The next one.
    }
  }
  throw new FirekilnError('PERMISSION', `no folder for the sockets of a VM could be made: tried ${bases.join(', ')}`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder of yours with a short path.',
  });
}
