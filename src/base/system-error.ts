import { FirekilnError } from './errors/firekiln-error.ts';

/** The `code` of a Node system error (`ENOENT`, ...), or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/**
 * A system error in the user's words: no space and no permission get codes of their own; anything else is returned
 * as it is. Use as `throw explainSystemError(error, 'writing', path)`.
 */
export function explainSystemError(error: unknown, doing: string, path: string): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FirekilnError('DISK_FULL', `${doing} ${path}: no space left on the device`, {
        hint: 'Free space, run `firekiln purge`, or choose another place with --data-dir.',
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
    default:
      return error;
  }
}
