import { constants, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteString, byteStringFromText, bytesOf, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import type { FileKind } from '../../formats/tree/entry.ts';
import type { FileSource, SourceNode } from '../file-source.ts';
import type { PathFilter } from '../path-filter.ts';
import { digestHostFile, type FileDigests, type HostFile, readHostFile } from './host-file.ts';

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

interface Known {
  readonly node: SourceNode;
  readonly ignored: boolean;
  readonly state: unknown;
  names: readonly ByteString[] | undefined;
}

/** More than this in one folder or context is not a build context but a mistake such as `COPY` of `/`. */
const maxContextEntries = 10_000_000;
/** What lstat(2) says where nothing can be. */
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'];

/**
 * A folder of the host as a build context, read lazily: only what is asked for is looked at, each thing once. Owners
 * become 0:0, as in every docker client; symlinks are never followed here, so nothing outside the folder is reached.
 */
export function openLocalContext(options: LocalContextOptions): FileSource {
  const { root, ignore, digests } = options;
  const known = new Map<ByteString, Known | undefined>();
  let entries = 0;

  const hostPath = (path: ByteString): string | Buffer => {
    if (path === '') return root;
    const text = textOf(path);
    // Names that are not UTF-8 survive only as bytes.
    return byteStringFromText(text) === path
      ? join(root, text)
      : Buffer.concat([Buffer.from(`${root}/`), bytesOf(path)]);
  };

  const find = (path: ByteString): Known | undefined => {
    if (known.has(path)) return known.get(path);
    const found = look(path);
    known.set(path, found);
    return found;
  };

  const look = (path: ByteString): Known | undefined => {
    if (path === '')
      return { node: hostNode(hostPath(path), path), ignored: false, state: undefined, names: undefined };
    const slash = path.lastIndexOf('/');
    const folder = find((slash === -1 ? '' : path.slice(0, slash)) as ByteString);
    if (folder === undefined || folder.node.kind !== 'directory') return undefined;
    // No file has such a name, and Node refuses to look.
    if (path.includes('\0')) return undefined;
    const decision = ignore?.match(path, folder.state);
    // Without exceptions nothing below an ignored folder can come back.
    if (decision?.matches === true && ignore?.hasExceptions !== true) return undefined;
    const node = tryHostNode(hostPath(path), path);
    if (node === undefined) return undefined;
    if (++entries > maxContextEntries) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${options.description} holds more than ${maxContextEntries} entries`, {
        hint: 'Leave out what the build does not need with a .dockerignore file.',
      });
    }
    const ignored = decision?.matches ?? false;
    if (ignored && node.kind !== 'directory') return undefined;
    return { node, ignored, state: decision?.state, names: undefined };
  };

  const namesOf = (folder: ByteString, entry: Known): readonly ByteString[] => {
    entry.names ??= readNames(hostPath(folder), folder).filter((name) =>
      isVisible((folder === '' ? name : `${folder}/${name}`) as ByteString),
    );
    return entry.names;
  };

  /** An ignored folder is there only for the sake of what an exception brings back below it. */
  const isVisible = (path: ByteString): boolean => {
    const entry = find(path);
    if (entry === undefined) return false;
    return !entry.ignored || namesOf(path, entry).length > 0;
  };

  const hostNode = (path: string | Buffer, treePath: ByteString): SourceNode => {
    try {
      return describe(path);
    } catch (error) {
      throw explainSystemError(error, 'reading', `${root}/${textOf(treePath)}`);
    }
  };

  const tryHostNode = (path: string | Buffer, treePath: ByteString): SourceNode | undefined => {
    try {
      return describe(path);
    } catch (error) {
      if (absent.includes(systemCode(error) ?? '')) return undefined;
      throw explainSystemError(error, 'reading', `${root}/${textOf(treePath)}`);
    }
  };

  const readNames = (path: string | Buffer, treePath: ByteString): ByteString[] => {
    try {
      return (readdirSync(path, { encoding: 'latin1' }) as ByteString[]).sort();
    } catch (error) {
      throw explainSystemError(error, 'reading', `${root}/${textOf(treePath)}`);
    }
  };

  const describe = (path: string | Buffer): SourceNode => {
    const stat = lstatSync(path, { bigint: true });
    const kind = kindOf(Number(stat.mode));
    const file: HostFile = {
      path,
      device: stat.dev,
      inode: stat.ino,
      size: Number(stat.size),
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
    };
    const isDevice = kind === 'character' || kind === 'block';
    const isExecutable = kind === 'directory' || (stat.mode & 0o111n) !== 0n;
    return {
      kind,
      mode: Number(stat.mode) & 0o7777,
      uid: 0,
      gid: 0,
      mtimeSec: Number(floorDivide(stat.mtimeNs, 1_000_000_000n)),
      mtimeNsec: Number(((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n),
      size: kind === 'file' ? file.size : 0,
      ...(kind === 'symlink' ? { linkTarget: readlinkSync(path, { encoding: 'latin1' }) as ByteString } : {}),
      ...(isDevice ? deviceNumbers(stat.rdev) : {}),
      identity: `${stat.dev}:${stat.ino}`,
      links: Number(stat.nlink),
      ...(options.normal === undefined
        ? {}
        : { mode: isExecutable ? 0o755 : 0o644, mtimeSec: options.normal.mtimeSec, mtimeNsec: 0 }),
      read: (signal) => readHostFile(file, digests, signal),
      digest: (signal) => digestHostFile(file, digests, signal),
    };
  };

  return {
    description: options.description,
    lookup: (path) => (isVisible(path) || path === emptyByteString ? find(path)?.node : undefined),
    names: (folder) => {
      const entry = find(folder);
      return entry?.node.kind === 'directory' ? namesOf(folder, entry) : [];
    },
  };
}

// stat(2): S_IFMT and its values.
const kinds: ReadonlyMap<number, FileKind> = new Map([
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFREG, 'file'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'character'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFSOCK, 'socket'],
]);

function kindOf(mode: number): FileKind {
  const kind = kinds.get(mode & constants.S_IFMT);
  if (kind === undefined) throw new Error(`unknown file type in mode ${mode.toString(8)}`);
  return kind;
}

/** gnu_dev_major and gnu_dev_minor of sys/sysmacros.h. */
function deviceNumbers(device: bigint): { deviceMajor: number; deviceMinor: number } {
  return {
    deviceMajor: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    deviceMinor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
