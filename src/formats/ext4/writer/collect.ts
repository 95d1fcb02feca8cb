import { throwIfAborted } from '../../../base/abort.ts';
import { type ByteString, sliceBytes } from '../../../base/byte-string.ts';
import type { TreeEntry, TreeInode } from '../../tree/entry.ts';
import { blockSize } from '../layout/block-size.ts';
import { encodeDevice, maxDeviceMajor, maxDeviceMinor } from '../layout/device-number.ts';
import { maxNameLength } from '../layout/directory.ts';
import { firstOrdinaryInode, inodeBlockSize, modeType, reservedInode } from '../layout/inode.ts';
import { doubtedTimes, maxTime, minTime } from '../layout/time.ts';
import { ext4LimitError } from './ext4-limit-error.ts';
import { type FileMap, fileMapOf } from './file-map.ts';
import { InodeList } from './inode-list.ts';
import { KeyMap } from './key-map.ts';
import { NameList } from './name-list.ts';
import type { Ext4Source } from './options.ts';
import { planXattrs, type XattrPlan, xattrKey } from './xattr-plan.ts';

/** Names that one file may have; directories are exempt by the feature dir_nlink. */
export const maxLinks = 65000;

const slash = 0x2f;

/** Longest target of a symlink: with its closing zero it fills PATH_MAX. */
const maxTargetLength = 4095;

/** Bytes of a file: 2^32 - 1 blocks. */
const maxFileSize = (2 ** 32 - 1) * blockSize;

/** Entries for which room is made before they come. */
const maxExpected = 1 << 20;

/** A tree's content, ready to be laid out. */
export interface Collected {
  readonly inodes: InodeList;
  readonly names: NameList;
  /** Inode numbers of all folders, the root first. */
  readonly folders: readonly number[];
  /** Inode numbers of symlinks whose target takes a block. */
  readonly longSymlinks: readonly number[];
  /** Inode numbers of files that have data, in the order of the data in the layers. */
  readonly files: readonly number[];
  /** Files with holes or with data in several pieces. */
  readonly maps: ReadonlyMap<number, FileMap>;
  readonly xattrPlans: readonly XattrPlan[];
  /** Inode number of the `lost+found` that was added to the tree; 0: none. */
  readonly lostAndFound: number;
}

/** Pass one: reads the whole tree once, gives inode numbers in tree order and checks what ext4 can't hold. */
export function collect(
  source: Ext4Source,
  options: { readonly lostAndFound: boolean; readonly epoch: number; readonly signal?: AbortSignal | undefined },
): Collected {
  const collector = new Collector(options, Math.min(source.entryCount ?? 0, maxExpected));
  let count = 0;
  for (const entry of source.walk()) {
    if ((++count & 0xfff) === 0) throwIfAborted(options.signal, 'making an ext4 image');
    collector.add(entry);
  }
  return collector.finish();
}

interface OpenFolder {
  readonly path: ByteString;
  readonly inode: number;
}

class Collector {
  readonly #inodes: InodeList;
  readonly #names: NameList;
  readonly #folders: number[] = [];
  readonly #longSymlinks: number[] = [];
  readonly #files: number[] = [];
  readonly #maps = new Map<number, FileMap>();
  readonly #xattrPlans: XattrPlan[] = [];
  readonly #xattrKeys = new Map<string, number>();
  readonly #numbers: KeyMap;
  /** The folders from the root to the one that is being filled. */
  readonly #open: OpenFolder[] = [];
  readonly #options: { readonly lostAndFound: boolean; readonly epoch: number };
  #hasLostAndFound = false;

  constructor(options: { readonly lostAndFound: boolean; readonly epoch: number }, expected: number) {
    this.#options = options;
    this.#inodes = new InodeList(firstOrdinaryInode - 1, expected);
    this.#names = new NameList(expected);
    this.#numbers = new KeyMap(expected);
  }

  add({ path, inode }: TreeEntry): void {
    if (path.length === 0) {
      this.#addInode(reservedInode.root, inode, path);
      this.#addFolder(reservedInode.root, path);
      return;
    }
    const folder = this.#folderOf(path);
    const name = folder.path.length === 0 ? path : sliceBytes(path, folder.path.length + 1);
    checkName(name, path);
    let number = this.#numbers.get(inode.key);
    const isNew = number === 0;
    if (isNew) {
      number = this.#inodes.add();
      this.#numbers.set(inode.key, number);
      this.#addInode(number, inode, path);
    }
    if (inode.kind !== 'directory') {
      this.#addLink(number, path);
    } else {
      if (!isNew) throw new Error(`the folder /${path} has two names`);
      this.#addFolder(number, path);
      this.#inodes.links[folder.inode] = (this.#inodes.links[folder.inode] as number) + 1;
    }
    if (path === 'lost+found') this.#hasLostAndFound = true;
    this.#names.add(folder.inode, number, name);
  }

  finish(): Collected {
    const inodes = this.#inodes;
    if (this.#folders.length === 0) throw new Error('a tree has no root');
    const lostAndFound = this.#options.lostAndFound && !this.#hasLostAndFound ? this.#addLostAndFound() : 0;
    const files = this.#files;
    const before = (a: number, b: number) =>
      (inodes.layer[a] as number) - (inodes.layer[b] as number) ||
      (inodes.source[a] as number) - (inodes.source[b] as number) ||
      a - b;
    if (files.some((file, i) => i > 0 && before(files[i - 1] as number, file) > 0)) files.sort(before);
    return {
      inodes,
      names: this.#names,
      folders: this.#folders,
      longSymlinks: this.#longSymlinks,
      files,
      maps: this.#maps,
      xattrPlans: this.#xattrPlans,
      lostAndFound,
    };
  }

  #folderOf(path: ByteString): OpenFolder {
    const open = this.#open;
    for (;;) {
      const folder = open.at(-1);
      if (folder === undefined) throw new Error('a tree must begin with its root');
      const { length } = folder.path;
      if (length === 0 || (path.charCodeAt(length) === slash && path.startsWith(folder.path))) return folder;
      open.pop();
    }
  }

  #addFolder(number: number, path: ByteString): void {
    this.#open.push({ path, inode: number });
    this.#folders.push(number);
    this.#inodes.links[number] = 2;
  }

  #addLink(number: number, path: ByteString): void {
    const { links } = this.#inodes;
    const count = (links[number] as number) + 1;
    if (count > maxLinks) throw ext4LimitError(path, `a file of an ext4 file system has at most ${maxLinks} names`);
    links[number] = count;
  }

  #addInode(number: number, inode: TreeInode, path: ByteString): void {
    const { mode, uid, gid, seconds, nanoseconds } = this.#inodes;
    mode[number] = modeType[inode.kind] | inode.mode;
    uid[number] = inode.uid;
    gid[number] = inode.gid;
    const held = heldTime(inode.mtimeSec);
    seconds[number] = held;
    nanoseconds[number] = held === inode.mtimeSec ? inode.mtimeNsec : 0;
    if (inode.xattrs !== undefined && inode.xattrs.size > 0) this.#addXattrs(number, inode.xattrs, path);
    switch (inode.kind) {
      case 'file':
        this.#addFile(number, inode, path);
        break;
      case 'symlink':
        this.#addSymlink(number, inode.linkTarget, path);
        break;
      case 'character':
      case 'block':
        this.#addDevice(number, inode, path);
        break;
      case 'directory':
      case 'fifo':
      case 'socket':
    }
  }

  #addFile(number: number, { size, data, layer }: TreeInode, path: ByteString): void {
    if (size > maxFileSize)
      throw ext4LimitError(path, `a file of an ext4 file system has at most ${maxFileSize} bytes`);
    this.#inodes.size[number] = size;
    const [first] = data;
    if (first === undefined) {
      if (size > 0) this.#maps.set(number, fileMapOf([], size));
      return;
    }
    this.#inodes.source[number] = first.blobOffset;
    this.#inodes.layer[number] = layer;
    this.#files.push(number);
    if (first.fileOffset !== 0 || first.length !== size) this.#maps.set(number, fileMapOf(data, size));
  }

  #addSymlink(number: number, target: ByteString | undefined, path: ByteString): void {
    if (target === undefined || target.length === 0) throw ext4LimitError(path, 'a symlink must have a target');
    if (target.length > maxTargetLength) {
      throw ext4LimitError(path, `the target of a symlink has at most ${maxTargetLength} bytes`);
    }
    this.#inodes.size[number] = target.length;
    this.#inodes.source[number] = this.#names.addBytes(target);
    if (target.length >= inodeBlockSize) this.#longSymlinks.push(number);
  }

  #addDevice(number: number, { deviceMajor = 0, deviceMinor = 0 }: TreeInode, path: ByteString): void {
    if (deviceMajor > maxDeviceMajor || deviceMinor > maxDeviceMinor) {
      throw ext4LimitError(
        path,
        `the device number ${deviceMajor}:${deviceMinor} is above ${maxDeviceMajor}:${maxDeviceMinor}`,
      );
    }
    const { word0, word1 } = encodeDevice(deviceMajor, deviceMinor);
    this.#inodes.place[number] = word1 * 0x10000 + word0;
  }

  #addXattrs(number: number, xattrs: ReadonlyMap<ByteString, Uint8Array>, path: ByteString): void {
    const key = xattrKey(xattrs);
    let index = this.#xattrKeys.get(key);
    if (index === undefined) {
      const plan = planXattrs(xattrs, path);
      index = plan === undefined ? -1 : this.#xattrPlans.push(plan) - 1;
      this.#xattrKeys.set(key, index);
    }
    this.#inodes.xattrs[number] = index;
  }

  #addLostAndFound(): number {
    const number = this.#inodes.add();
    const { mode, seconds, links } = this.#inodes;
    mode[number] = modeType.directory | 0o700;
    seconds[number] = this.#options.epoch;
    links[number] = 2;
    links[reservedInode.root] = (links[reservedInode.root] as number) + 1;
    this.#folders.push(number);
    this.#names.add(reservedInode.root, number, 'lost+found' as ByteString);
    return number;
  }
}

/** The nearest time that an inode can hold and that e2fsck leaves alone; as the kernel does for those out of range. */
function heldTime(seconds: number): number {
  if (seconds < minTime) return minTime;
  if (seconds > maxTime) return maxTime;
  return seconds >= doubtedTimes.from && seconds < doubtedTimes.to ? doubtedTimes.from - 1 : seconds;
}

function checkName(name: ByteString, path: ByteString): void {
  if (name.length > maxNameLength) throw ext4LimitError(path, `a name has at most ${maxNameLength} bytes`);
  if (name.length === 0 || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new Error(`not in tree order, or no name for a file: ${JSON.stringify(path)}`);
  }
}
