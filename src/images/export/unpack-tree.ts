import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { setAttr } from 'fs-native-extensions';
import { throwIfAborted } from '../../base/abort.ts';
import { type ByteString, bytesOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import type { TreeEntry, TreeInode } from '../../formats/tree/entry.ts';
import type { Tree } from '../../formats/tree/tree.ts';

export interface UnpackOptions {
  /** Owners, devices and all attributes are set. */
  readonly asRoot: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Unpacked {
  /** Kinds of things that were left out, for people: `the owners of 12 files`. */
  readonly skipped: readonly string[];
}

/** Entries after which others get a turn. */
const entriesPerTurn = 256;

/**
 * Writes a tree into an empty folder that nobody else can write to. Symbolic links come last, so that nothing is ever
 * written through one; folders get their modes and times when all is in them.
 */
export async function unpackTree(
  tree: Pick<Tree, 'layers' | 'walk'>,
  folder: string,
  options: UnpackOptions,
): Promise<Unpacked> {
  const unpacker = new Unpacker(tree, folder, options);
  let count = 0;
  for (const entry of tree.walk()) {
    if (++count % entriesPerTurn === 0) {
      throwIfAborted(options.signal, `writing ${folder}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await unpacker.add(entry);
  }
  await unpacker.finish();
  return { skipped: unpacker.skipped() };
}

class Unpacker {
  readonly #tree: Pick<Tree, 'layers'>;
  readonly #root: string;
  readonly #asRoot: boolean;
  readonly #folders: TreeEntry[] = [];
  readonly #symlinks: TreeEntry[] = [];
  readonly #firstNames = new Map<number, Buffer>();
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024);
  readonly #left = { owners: 0, devices: 0, sockets: 0, attributes: 0 };

  constructor(tree: Pick<Tree, 'layers'>, folder: string, { asRoot }: UnpackOptions) {
    this.#tree = tree;
    this.#root = folder;
    this.#asRoot = asRoot;
  }

  async add(entry: TreeEntry): Promise<void> {
    const { inode } = entry;
    const path = this.#pathOf(entry.path);
    try {
      const first = this.#firstNames.get(inode.key);
      if (first !== undefined) linkSync(first, path);
      else if (inode.kind === 'directory') this.#addFolder(entry, path);
      else if (inode.kind === 'symlink') this.#symlinks.push(entry);
      else if (inode.kind === 'file') await this.#addFile(inode, path);
      else await this.#addSpecial(inode, path);
    } catch (error) {
      throw unpackError(error, path);
    }
  }

  async finish(): Promise<void> {
    for (const entry of this.#symlinks) this.#addSymlink(entry);
    // From the inside out: what is done in a folder changes its time.
    for (const { path, inode } of this.#folders.reverse()) {
      const fd = openSync(this.#pathOf(path), 'r');
      try {
        await this.#finishInode(fd, inode);
      } finally {
        closeSync(fd);
      }
    }
  }

  skipped(): string[] {
    const { owners, devices, sockets, attributes } = this.#left;
    return [
      ...(owners === 0 ? [] : [`the owners of ${owners} files, which need root`]),
      ...(devices === 0 ? [] : [`${devices} devices, which need root`]),
      ...(attributes === 0 ? [] : [`${attributes} extended attributes, which need root or another file system`]),
      ...(sockets === 0 ? [] : [`${sockets} sockets`]),
    ];
  }

  #pathOf(path: ByteString): Buffer {
    return Buffer.concat([Buffer.from(`${this.#root}/`), bytesOf(path)]);
  }

  #addFolder(entry: TreeEntry, path: Buffer): void {
    if (entry.path !== '') mkdirSync(path, 0o700);
    this.#folders.push(entry);
  }

  async #addFile(inode: TreeInode, path: Buffer): Promise<void> {
    const fd = openSync(path, 'wx', 0o600);
    try {
      const data = this.#tree.layers[inode.layer]?.data;
      for (const { fileOffset, length, blobOffset } of inode.data) {
        for (let done = 0; done < length; ) {
          const piece = this.#buffer.subarray(0, Math.min(this.#buffer.length, length - done));
          if (data?.read(piece, blobOffset + done) !== piece.length) {
            throw new FirekilnError('TAR_INVALID', `layer ${inode.layer + 1} ends within a file`);
          }
          for (let at = 0; at < piece.length; )
            at += writeSync(fd, piece, at, piece.length - at, fileOffset + done + at);
          done += piece.length;
        }
      }
      ftruncateSync(fd, inode.size);
      await this.#finishInode(fd, inode);
    } finally {
      closeSync(fd);
    }
    this.#firstNames.set(inode.key, path);
  }

  /** Owner first: a change of it takes setuid bits and capabilities away. */
  async #finishInode(fd: number, inode: TreeInode): Promise<void> {
    const { uid, gid, mode } = inode;
    if (this.#asRoot) fchownSync(fd, uid, gid);
    else if (uid !== 0 || gid !== 0) this.#left.owners++;
    // Setuid would be for the wrong owner.
    fchmodSync(fd, this.#asRoot ? mode : mode & 0o1777);
    for (const [name, value] of inode.xattrs ?? []) await this.#setAttribute(fd, name, value);
    const time = secondsOf(inode);
    futimesSync(fd, time, time);
  }

  async #setAttribute(fd: number, name: string, value: Uint8Array): Promise<void> {
    try {
      if (this.#asRoot || name.startsWith('user.')) await setAttr(fd, name, value);
      else this.#left.attributes++;
    } catch {
      // The file system has no room or no place for it.
      this.#left.attributes++;
    }
  }

  async #addSpecial(inode: TreeInode, path: Buffer): Promise<void> {
    const { kind, deviceMajor = 0, deviceMinor = 0 } = inode;
    const isDevice = kind === 'character' || kind === 'block';
    if (kind === 'socket') this.#left.sockets++;
    else if (isDevice && !this.#asRoot) this.#left.devices++;
    else {
      const numbers = isDevice ? [String(deviceMajor), String(deviceMinor)] : [];
      // An argument can't hold bytes that are not UTF-8. Nobody else can write beside the folder either.
      const made = `${this.#root}-node`;
      await runProcess('mknod', { args: ['--', made, kind === 'fifo' ? 'p' : kind.charAt(0), ...numbers] });
      renameSync(made, path);
      if (this.#asRoot) lchownSync(path, inode.uid, inode.gid);
      chmodSync(path, inode.mode);
      lutimesSync(path, secondsOf(inode), secondsOf(inode));
      this.#firstNames.set(inode.key, path);
    }
  }

  #addSymlink({ path, inode }: TreeEntry): void {
    const place = this.#pathOf(path);
    const first = this.#firstNames.get(inode.key);
    try {
      if (first !== undefined) linkSync(first, place);
      else {
        symlinkSync(bytesOf(inode.linkTarget ?? ('' as ByteString)), place);
        if (this.#asRoot) lchownSync(place, inode.uid, inode.gid);
        lutimesSync(place, secondsOf(inode), secondsOf(inode));
      }
      this.#firstNames.set(inode.key, place);
    } catch (error) {
      throw unpackError(error, place);
    }
  }
}

function unpackError(error: unknown, path: Buffer): unknown {
  if (systemCode(error) !== 'ENAMETOOLONG') return explainSystemError(error, 'writing', path.toString());
  return new FirekilnError(
    'EXPORT_PLACE',
    `a path of ${path.length} bytes is too long for this host: ${path.toString()}`,
    {
      hint: 'Choose a shorter dest, or write an archive or a disk: -o type=tar, -o type=ext4.',
      cause: error,
    },
  );
}

function secondsOf({ mtimeSec, mtimeNsec }: TreeInode): number {
  return mtimeSec + mtimeNsec / 1e9;
}
