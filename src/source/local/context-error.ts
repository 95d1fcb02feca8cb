import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';

/** What the system says of a path where something else is by now than what was looked at. */
const changed: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EINVAL', 'EISDIR'];

/** Of a file or folder that is no longer what it was when it was looked at. */
export function contextChanged(path: string | Buffer): FirekilnError {
  return new FirekilnError('CONTEXT_CHANGED', `${String(path)} was changed while the build read it`, {
    hint: 'Build again when nothing writes to the context, or leave the file out with .dockerignore.',
  });
}

/** What reading a file or folder of a context, which has been looked at before, failed with. */
export function contextError(error: unknown, path: string | Buffer): unknown {
  if (changed.includes(systemCode(error) ?? '')) return contextChanged(path);
  const explained = explainSystemError(error, 'reading', String(path));
  if (!isFirekilnError(explained, 'PERMISSION')) return explained;
  return new FirekilnError('PERMISSION', explained.message, {
    hint: `User ${process.getuid?.()} may not read it: change that with chmod or chown, or leave it out with .dockerignore.`,
    cause: error,
  });
}
