import { mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

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
  const xdg = env.XDG_RUNTIME_DIR;
  // Not by the user's name: a user id may be without one.
  const uid = process.getuid?.() ?? 0;
  const bases = [
    ...(isRoot ? ['/run/firekiln'] : []),
    ...(xdg !== undefined && isAbsolute(xdg) ? [join(xdg, 'firekiln')] : []),
    join(dataDir, 'run'),
    `/tmp/firekiln-${uid}`,
  ];
  for (const base of bases.filter((path) => Buffer.byteLength(path) + roomForNames <= maxSocketPathBytes)) {
    const path = join(base, id);
    try {
      await mkdir(base, { recursive: true, mode: 0o700 });
      // A folder in /tmp may have been put there by somebody else.
      if ((await stat(base)).uid !== uid) continue;
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
