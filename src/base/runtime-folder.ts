import { mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Where sockets and locks that end with the boot may lie, private to this user, the best first. */
export function runtimeFolders(env: NodeJS.ProcessEnv, isRoot: boolean): string[] {
  // Not by the user's name: a user id may be without one.
  const uid = process.getuid?.() ?? 0;
  const xdg = env.XDG_RUNTIME_DIR;
  return [
    ...(isRoot ? ['/run/firekiln'] : []),
    ...(xdg !== undefined && isAbsolute(xdg) ? [join(xdg, 'firekiln')] : []),
    `/tmp/firekiln-${uid}`,
  ];
}

/** Makes a folder for this user only; false if it can't be made, or is somebody else's, as one in /tmp may be. */
export async function makePrivateFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return (await stat(path)).uid === (process.getuid?.() ?? 0);
  } catch {
    return false;
  }
}
