import { type ByteString, byteString, bytesOf, sliceBytes } from '../../../base/byte-string.ts';
import { blockSize } from '../layout/block-size.ts';
import { encodeAcl } from '../layout/posix-acl.ts';
import { maxXattrValueSize, xattrEntry, xattrHeader, xattrPrefixes } from '../layout/xattr.ts';
import { ext4LimitError } from './ext4-limit-error.ts';
import { inodeXattrSpace } from './inode-shape.ts';

/** One attribute in its disk form. */
export interface Xattr {
  readonly nameIndex: number;
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** Where an inode's attributes go. */
export interface XattrPlan {
  readonly inInode: readonly Xattr[];
  /** Sorted as the kernel searches: by index, length of the name, name. */
  readonly inBlock: readonly Xattr[];
  /** Those of `inBlock` whose value is kept in an inode of its own, by place in `inBlock`. */
  readonly valueInodes: ReadonlySet<number>;
}

const blockSpace = blockSize - xattrHeader.size - 4;
const aclIndexes: readonly number[] = [2, 3];

/** Equal attributes have equal keys, whatever the order of the map. */
export function xattrKey(xattrs: ReadonlyMap<ByteString, Uint8Array>): string {
  const parts = [...xattrs].map(([name, value]) => `${name.length}:${name}${value.length}:${byteString(value)}`);
  return parts.sort().join('');
}

/**
 * Small attributes go into the inode, others into a block; if that is too small, the largest values get inodes of
 * their own. Attributes outside the namespaces of Linux are left out, as every extraction on Linux does. Undefined if
 * nothing is left; throws EXT4_LIMIT.
 */
export function planXattrs(xattrs: ReadonlyMap<ByteString, Uint8Array>, path: ByteString): XattrPlan | undefined {
  const all: Xattr[] = [];
  for (const [name, value] of xattrs) {
    const encoded = encodeXattr(name, value, path);
    if (encoded !== undefined) all.push(encoded);
  }
  if (all.length === 0) return undefined;
  all.sort(compareXattrs);
  const inInode: Xattr[] = [];
  const inBlock: Xattr[] = [];
  let inodeLeft = inodeXattrSpace;
  for (const xattr of all) {
    const size = entrySize(xattr) + valueSize(xattr);
    if (size <= inodeLeft) {
      inInode.push(xattr);
      inodeLeft -= size;
    } else {
      inBlock.push(xattr);
    }
  }
  return { inInode, inBlock, valueInodes: chooseValueInodes(inBlock, path) };
}

/** Bytes of an entry without its value. */
function entrySize(xattr: Xattr): number {
  return xattrEntry.name + ((xattr.name.length + 3) & ~3);
}

/** Bytes of a value with its padding. */
export function valueSize(xattr: Xattr): number {
  return (xattr.value.length + 3) & ~3;
}

function chooseValueInodes(inBlock: readonly Xattr[], path: ByteString): ReadonlySet<number> {
  const chosen = new Set<number>();
  let needed = inBlock.reduce((sum, xattr) => sum + entrySize(xattr) + valueSize(xattr), 0);
  const largestFirst = inBlock
    .map((xattr, place) => ({ place, size: valueSize(xattr) }))
    .sort((a, b) => b.size - a.size || a.place - b.place);
  for (const { place, size } of largestFirst) {
    if (needed <= blockSpace) break;
    chosen.add(place);
    needed -= size;
  }
  if (needed > blockSpace) {
    throw ext4LimitError(path, `its ${inBlock.length} extended attributes do not fit into one ext4 block by name`);
  }
  return chosen;
}

function encodeXattr(name: ByteString, value: Uint8Array, path: ByteString): Xattr | undefined {
  const found = xattrPrefixes.find(({ prefix }) => (prefix.endsWith('.') ? name.startsWith(prefix) : name === prefix));
  if (found === undefined) return undefined;
  const suffix = sliceBytes(name, found.prefix.length);
  if (suffix.length === 0 && found.prefix.endsWith('.')) return undefined;
  if (suffix.length > 255) throw ext4LimitError(path, 'the name of an extended attribute is longer than 255 bytes');
  if (value.length > maxXattrValueSize) {
    throw ext4LimitError(path, `the extended attribute ${name} is larger than ${maxXattrValueSize} bytes`);
  }
  if (!aclIndexes.includes(found.index)) return { nameIndex: found.index, name: bytesOf(suffix), value };
  const acl = encodeAcl(value);
  if (acl === undefined) throw ext4LimitError(path, `the extended attribute ${name} is no access control list`);
  return { nameIndex: found.index, name: bytesOf(suffix), value: acl };
}

function compareXattrs(a: Xattr, b: Xattr): number {
  return a.nameIndex - b.nameIndex || a.name.length - b.name.length || Buffer.compare(a.name, b.name);
}
