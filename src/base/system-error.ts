import { FirekilnError } from './errors/firekiln-error.ts';

/** The `code` of a Node system error (`ENOENT`, ...), or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/**
 * A system error in the user's words: what can happen to any file (no space, no permission, a failing disk...) gets a
 * code of its own; anything else is returned as it is. Use as `throw explainSystemError(error, 'writing', path)`.
 */
export function explainSystemError(error: unknown, doing: string, path: string): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FirekilnError('DISK_FULL', `${doing} ${path}: no space left on the device`, {
        hint: 'Free space there (`firekiln purge` does in the data dir), or choose another place.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FirekilnError('PERMISSION', `${doing} ${path}: ${systemCode(error)}, permission denied`, {
        hint:
          systemCode(error) === 'EROFS'
            ? 'Its file system can only be read: choose another place.'
            : `User ${process.getuid?.()} may not do this: choose another place, or change the permissions with chmod or chown.`,
        cause: error,
      });
    case 'ELOOP':
      return new FirekilnError('SYMLINK_LOOP', `${doing} ${path}: its symbolic links lead back to themselves`, {
        hint: 'Remove the link, or let it lead to what it should.',
        cause: error,
      });
    case 'EMFILE':
    case 'ENFILE':
      return new FirekilnError('LIMIT_EXCEEDED', `${doing} ${path}: too many files are open`, {
        hint: 'Raise the limit of open files (`ulimit -n`).',
        cause: error,
      });
    case 'EIO':
    case 'ESTALE':
    case 'EUCLEAN':
      return new FirekilnError('DISK_FAILED', `${doing} ${path}: the file system fails (${systemCode(error)})`, {
        hint: 'See what the kernel says (`dmesg`), and check the disk or the server behind it.',
        cause: error,
      });
    default:
      return error;
  }
}
