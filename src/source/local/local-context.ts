import { lstatSync, readdirSync } from 'node:fs';
import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import type { FileSource } from '../file-source.ts';
import { isLeftOut, type PathFilter } from '../path-filter.ts';
import { contextError } from './context-error.ts';
import type { FileDigests } from './host-file.ts';
import { LocalNode, type Place, placeBelow } from './local-node.ts';

export interface LocalContextOptions {
  /** The folder, absolute. */
  readonly root: string;
  readonly description: string;
  /** What `.dockerignore` leaves out. */
  readonly ignore: PathFilter | undefined;
  readonly digests: FileDigests;
  /**
   * Modes and times as git knows them: folders and executable files 0755, other files 0644, one time for all. For
   * checkouts, which the umask and the clock of this host must not show in.
   */
  readonly normal?: { readonly mtimeSec: number };
}

/** More than this in one folder or context is not a build context but a mistake such as `COPY` of `/`. */
const maxContextEntries = 10_000_000;
/** PATH_MAX of Linux without the NUL at its end. */
const maxHostPathBytes = 4095;
/** What lstat(2) says where nothing can be. */
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'];

/**
 * A folder of the host as a build context, read lazily: only what is asked for is looked at, each thing once. Owners
 * become 0:0, as in every docker client; symlinks are never followed here, so nothing outside the folder is reached.
 */
export function openLocalContext(options: LocalContextOptions): FileSource {
  const { root, ignore } = options;
  let entries = 0;
  let top: LocalNode | undefined;
  // What is asked for next mostly lies in the same folder.
  let lastFolder = '';
  let lastNode: LocalNode | undefined;

  const find = (path: ByteString): LocalNode | undefined => {
    if (path === '') {
      top ??= lookAtRoot();
      return top;
    }
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? '' : path.slice(0, slash);
    if (lastNode === undefined || folder !== lastFolder) {
      lastNode = find(folder as ByteString);
      lastFolder = folder;
    }
    return lastNode === undefined
      ? undefined
      : childOf(lastNode, folder as ByteString, path.slice(slash + 1) as ByteString);
  };

  /** `at` is the path of the folder; paths of 100,000 files are only made where something needs them. */
  const childOf = (folder: LocalNode, at: ByteString, name: ByteString): LocalNode | undefined => {
    if (folder.kind !== 'directory') return undefined;
    folder.children ??= new Map();
    let child = folder.children.get(name);
    if (child === undefined) {
      child = look(folder, at, name) ?? null;
      folder.children.set(name, child);
    }
    return child ?? undefined;
  };

  const lookAtRoot = (): LocalNode => {
    try {
      return new LocalNode(root, lstatSync(root), options, { ignored: false, state: undefined });
    } catch (error) {
      throw contextError(error, root);
    }
  };

  const look = (folder: LocalNode, at: ByteString, name: ByteString): LocalNode | undefined => {
    // No file has a NUL in its name, and Node refuses to look.
    if (name.includes('\0')) return undefined;
    const decision = ignore?.match(joined(at, name), folder.state);
    const ignored = decision?.matches ?? false;
    // Without exceptions nothing below an ignored folder can come back.
    if (ignored && ignore?.hasExceptions !== true) return undefined;
    const place = placeBelow(folder.path, name);
    const node = tryNode(place, { ignored, state: decision?.state });
    if (node === undefined) return undefined;
    if (++entries > maxContextEntries) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${options.description} holds more than ${maxContextEntries} entries`, {
        hint: 'Leave out what the build does not need with a .dockerignore file.',
      });
    }
    return ignored && node.kind !== 'directory' ? undefined : node;
  };

  const namesOf = (path: ByteString, folder: LocalNode): readonly ByteString[] => {
    folder.names ??= readNames(folder.path, path).filter((name) => {
      const node = childOf(folder, path, name);
      return node?.ignored === true ? isVisible(joined(path, name), node) : node !== undefined;
    });
    return folder.names;
  };

  /** An ignored folder is there only for the sake of what an exception brings back below it. */
  const isVisible = (path: ByteString, node: LocalNode | undefined): boolean =>
    node !== undefined && (!node.ignored || namesOf(path, node).length > 0);

  const tryNode = (
    place: Place,
    rest: { readonly ignored: boolean; readonly state: unknown },
  ): LocalNode | undefined => {
    try {
      const stat = lstatSync(place, { throwIfNoEntry: false });
      return stat === undefined ? undefined : new LocalNode(place, stat, options, rest);
    } catch (error) {
      if (systemCode(error) === 'ENAMETOOLONG' && Buffer.byteLength(place) > maxHostPathBytes) {
        throw new FirekilnError(
          'PATH_INVALID',
          `the system reaches no path of ${Buffer.byteLength(place)} bytes: ${String(place)}`,
          {
            hint: 'Shorten the names of the folders, or leave the folder out with .dockerignore.',
          },
        );
      }
      if (absent.includes(systemCode(error) ?? '')) return undefined;
      throw contextError(error, place);
    }
  };

  const readNames = (place: Place, path: ByteString): ByteString[] => {
    try {
      return (readdirSync(place, { encoding: 'latin1' }) as ByteString[]).sort();
    } catch (error) {
      throw contextError(error, `${root}/${textOf(path)}`);
    }
  };

  return {
    description: options.description,
    ...(options.normal === undefined ? { hostFolder: root } : {}),
    lookup: (path) => {
      const node = find(path);
      return path === emptyByteString || isVisible(path, node) ? node : undefined;
    },
    names: (folder) => {
      const node = find(folder);
      return node?.kind === 'directory' ? namesOf(folder, node) : [];
    },
    leavesOut: (path) => ignore !== undefined && isLeftOut(ignore, path),
  };
}

function joined(folder: ByteString, name: ByteString): ByteString {
  return (folder === '' ? name : `${folder}/${name}`) as ByteString;
}
