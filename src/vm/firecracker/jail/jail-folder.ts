import { lstat, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../../../base/make-folder.ts';
import { explainSystemError, systemCode } from '../../../base/system-error.ts';
import { filesFolder, type JailLayout } from './jail-layout.ts';

/** Makes the folders of a jail. Throws JAIL_UNUSABLE where a jail would not hold, EEXIST if it is there. */
export async function makeJailFolder(layout: JailLayout): Promise<void> {
  const { base, parent, folder, root } = layout;
  try {
    await makeFolderPath(base, 0o755);
    await requireDevices(base);
    for (;;) {
      await mkdir(parent, { recursive: true, mode: 0o700 });
      await requireOwn(parent);
      try {
        await mkdir(folder, { mode: 0o700 });
        break;
      } catch (error) {
        // The last jail beside this one was removed, and the folder around it.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    await mkdir(root, { mode: 0o755 });
    await mkdir(join(root, filesFolder), { mode: 0o755 });
  } catch (error) {
    throw explainSystemError(error, 'preparing', folder);
  }
}

/** Removes a jail, whose VMM has ended. */
export async function removeJailFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rmdir(dirname(folder)).catch(() => {});
}

/** Who may rename a jail's folder may lead root astray. */
async function requireOwn(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return;
  throw new FirekilnError('JAIL_UNUSABLE', `${path} is not a folder that only root may write to`, {
    hint: 'Remove it, or choose another --chroot-base.',
  });
}

/** A jail holds the nodes of /dev/kvm and /dev/net/tun, and a copy of the VMM. */
async function requireDevices(path: string): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const { mountPoint, options } = mountOf(mounts, path);
  for (const [option, what] of [
    ['nodev', 'device nodes'],
    ['noexec', 'programs'],
    ['ro', 'new files'],
  ] as const) {
    if (!options.includes(option)) continue;
    throw new FirekilnError('JAIL_UNUSABLE', `${path} is on ${mountPoint}, which is mounted ${option}: no ${what}`, {
      hint: 'Choose a --chroot-base on another file system, or --no-jailer.',
    });
  }
}

/** proc_pid_mountinfo(5): the mount that a path lies on, the last of those with the longest mount point. */
export function mountOf(
  mountinfo: string,
  path: string,
): { readonly mountPoint: string; readonly options: readonly string[] } {
  let found = { mountPoint: '/', options: [] as readonly string[] };
  for (const line of mountinfo.split('\n')) {
    const [, , , , point = '', options = ''] = line.split(' ');
    const mountPoint = point.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const isAbove = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (mountPoint === '' || !isAbove || mountPoint.length < found.mountPoint.length) continue;
    found = { mountPoint, options: options.split(',') };
  }
  return found;
}
