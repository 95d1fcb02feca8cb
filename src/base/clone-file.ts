import { constants, copyFile, rm } from 'node:fs/promises';
import { isFirekilnError } from './errors/firekiln-error.ts';
import { runProcess } from './process.ts';
import { explainSystemError, systemCode } from './system-error.ts';

/** What file systems and kernels answer that share no blocks between files (ioctl_ficlonerange(2)). */
const noReflink: ReadonlySet<string | undefined> = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'EINVAL',
  'ENOTTY',
  'ENOSYS',
]);
const copyMs = 600_000;

/**
 * A copy of a file that is written to: by reflink, which takes no time and no room, where the file system can; otherwise
 * a copy with the holes of the original. `to` must not be there; after a failure it is not. Throws DISK_FULL.
 */
export async function cloneFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return;
  } catch (error) {
    if (!noReflink.has(systemCode(error))) throw explainSystemError(error, 'copying to', to);
  }
  try {
    await rm(to, { force: true });
    await runProcess('cp', {
      args: ['--reflink=never', '--sparse=always', '--no-preserve=all', '--', from, to],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      timeoutMs: copyMs,
      signal,
    });
  } catch (error) {
    await rm(to, { force: true });
    throw isForWantOfRoom(error)
      ? explainSystemError(
          Object.assign(new Error(String(error), { cause: error }), { code: 'ENOSPC' }),
          'copying to',
          to,
        )
      : error;
  }
}

/** As strerror(3) words ENOSPC and EDQUOT. */
function isForWantOfRoom(error: unknown): boolean {
  const said = isFirekilnError(error, 'PROCESS_FAILED') ? (error.details ?? []).join('\n') : '';
  return /No space left on device|Disk quota exceeded/.test(said);
}
