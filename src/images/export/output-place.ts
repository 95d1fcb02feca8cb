import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Where a file that a person named as an output goes. */
export interface OutputPlace {
  readonly path: string;
  /** A file is put there whole; a device such as `/dev/null`, a pipe or an open file takes the bytes as they come. */
  readonly kind: 'file' | 'device' | 'pipe' | 'open file';
  /** Of an open file: as `/dev/stdout` names one that the shell has opened, which must not be put aside. */
  readonly fd?: number;
}

/** As many as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

/**
 * Finds out what is at a path. Symbolic links stay, and what they lead to is written: renaming a file to `/dev/stdout`
 * would, as root, break the host. Throws EXPORT_PLACE for folders, sockets and disks.
 */
export async function outputPlace(dest: string): Promise<OutputPlace> {
  const path = resolve(dest);
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.isFile()) return await followLinks(path);
  if (stats.isFIFO()) return { kind: 'pipe', path };
  if (stats.isCharacterDevice()) return { kind: 'device', path };
  throw notReplaceable(path, stats.isDirectory() ? 'a folder' : 'a block device or socket');
}

/** True for what takes bytes as they come. */
export async function takesStream(dest: string): Promise<boolean> {
  const stats = await stat(dest).catch(() => undefined);
  return stats !== undefined && !stats.isDirectory() && (await outputPlace(dest)).kind !== 'file';
}

/** A place for what can't be written as a stream. Throws EXPORT_PLACE for all but files. */
export async function filePlace(dest: string): Promise<string> {
  const { kind, path } = await outputPlace(dest);
  if (kind === 'file') return path;
  throw notReplaceable(path, kind === 'open file' ? 'an open file' : `a ${kind}`);
}

function notReplaceable(path: string, what: string): FirekilnError {
  return new FirekilnError('EXPORT_PLACE', `${path} is ${what}, and not a file that can be replaced`, {
    hint: 'Name a file that is not there yet; dest=- of --output is standard output.',
  });
}

async function followLinks(path: string): Promise<OutputPlace> {
  let found = path;
  for (let i = 0; i < maxLinks; i++) {
    const target = await readlink(found).catch(() => undefined);
    if (target === undefined) break;
    const folder = await realpath(dirname(found)).catch(() => dirname(found));
    // /proc/self/fd is a link to it (proc_pid_fd(5)), and /dev/stdout leads there.
    if (folder === `/proc/${process.pid}/fd`) return { kind: 'open file', path, fd: Number(basename(found)) };
    found = resolve(folder, target);
  }
  return { kind: 'file', path: found };
}
