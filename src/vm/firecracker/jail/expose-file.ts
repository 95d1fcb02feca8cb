import { chmod, chown, copyFile, constants as fsConstants, link, open, realpath, stat } from 'node:fs/promises';
import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { systemCode } from '../../../base/system-error.ts';
import type { Identity } from '../../unprivileged.ts';

/** A file that is mounted over an empty one in the jail, once the VMM has a mount namespace of its own. */
export interface BindMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What was done to let the VMM at a file. */
export interface Exposed {
  readonly mount?: BindMount | undefined;
  /** Whose the file was before it became the VMM's. */
  readonly givenBack?: { readonly path: string; readonly uid: number; readonly gid: number } | undefined;
}

/** A file that its owner alone may read is copied for the VMM, up to this size. */
const maxCopiedBytes = 64 << 20;
const otherMayRead = 0o004;
const lentMode = 0o640;
const otherMayWrite = 0o002;
/** link(2): another file system, one without hard links, too many of them. */
const cannotLink = ['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP'];

/**
 * Puts a file at `target` in a jail: a hard link, or where there can't be one, a bind mount. What the VMM may write to
 * becomes its own. What it may only read stays its owner's, who may share it among machines, with the rights it has;
 * what others can't read is copied.
 */
export async function exposeFile(options: {
  readonly hostPath: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Instead of being copied, what others can't read becomes readable for the VMM's group. */
  readonly isLent?: boolean | undefined;
  readonly identity: Identity;
}): Promise<Exposed> {
  const { target, readOnly, identity } = options;
  const source = await realpath(options.hostPath);
  const { mode, size, uid, gid } = await stat(source);
  if (readOnly && options.isLent === true) {
    // Not the VMM's own: that could make it writable again.
    await chown(source, uid, identity.gid);
    await chmod(source, lentMode);
  } else if (readOnly && (mode & otherMayRead) === 0) {
    if (size > maxCopiedBytes) throw unreadable(source, mode);
    await copyFile(source, target, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
    await chown(target, identity.uid, identity.gid);
    return {};
  }
  const isLinked = (!readOnly || (mode & otherMayWrite) === 0) && (await linked(source, target));
  if (!isLinked) await (await open(target, 'wx', 0o600)).close();
  const mount = isLinked ? undefined : { source, target, readOnly };
  if (readOnly) return { mount };
  await chown(source, identity.uid, identity.gid);
  return { mount, givenBack: { path: source, uid, gid } };
}

async function linked(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target);
    return true;
  } catch (error) {
    if (cannotLink.includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

function unreadable(path: string, mode: number): FirekilnError {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  return new FirekilnError('JAIL_UNUSABLE', `${path} can't be shown to a jailed Firecracker: its mode is ${bits}`, {
    hint: 'The VMM runs as a user of its own: let others read the file (chmod o+r; its folder may keep them out), or use --no-jailer.',
  });
}
