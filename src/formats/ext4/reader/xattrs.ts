import { type ByteString, byteStringFromText, bytesOf, textOf } from '../../../base/byte-string.ts';
import { crc32c } from '../../checksum/crc32c.ts';
import { inodeField, inodeFlag } from '../layout/inode.ts';
import { decodeAcl } from '../layout/posix-acl.ts';
import { maxXattrValueSize, xattrPrefixes } from '../layout/xattr.ts';
import { xattrEntryHash } from '../layout/xattr-hash.ts';
import { wholeContent } from './file-ranges.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt, overLimit, unsupported, wrongChecksum } from './image-error.ts';
import { inlineName, inlineNameIndex } from './inline-data.ts';
import { type Ext4Inode, readInode } from './inode.ts';
import { maxXattrBytes } from './limits.ts';
import { type RawXattr, rawXattrs } from './xattr-entries.ts';

const none: ReadonlyMap<ByteString, Uint8Array> = new Map();
const prefixes = new Map<number, string>(xattrPrefixes.map(({ index, prefix }) => [index, prefix]));
const aclIndexes = new Set<number>(
  xattrPrefixes.filter(({ prefix }) => prefix.startsWith('system.posix_acl_')).map(({ index }) => index),
);

/**
 * The inode's extended attributes with their full names, values as getxattr(2) gives them (access control lists in
 * their portable form). In the order of the disk.
 */
export function readXattrs(context: ImageContext, inode: Ext4Inode): ReadonlyMap<ByteString, Uint8Array> {
  let found: Map<ByteString, Uint8Array> | undefined;
  let total = 0;
  for (const raw of rawXattrs(context, inode)) {
    if (raw.nameIndex === inlineNameIndex && raw.name === inlineName) continue;
    const name = fullName(inode, raw);
    const where = `inode ${inode.number}, attribute ${textOf(name)}`;
    total += raw.valueSize;
    if (total > maxXattrBytes) throw overLimit(where, `the attributes have more than ${maxXattrBytes} bytes`);
    found ??= new Map();
    if (found.has(name)) throw corrupt(where, 'it is there twice');
    found.set(name, storedValue(context, raw, where));
  }
  return found ?? none;
}

function fullName(inode: Ext4Inode, { nameIndex, name }: RawXattr): ByteString {
  const prefix = prefixes.get(nameIndex);
  const where = `inode ${inode.number}`;
  if (prefix === undefined) throw unsupported(where, `an extended attribute of name class ${nameIndex}`);
  const needsMore = prefix.endsWith('.');
  if (needsMore !== name.length > 0 || name.includes('\0')) {
    throw corrupt(where, `an extended attribute with the name '${prefix}${textOf(name)}'`);
  }
  return (byteStringFromText(prefix) + name) as ByteString;
}

function storedValue(context: ImageContext, raw: RawXattr, where: string): Uint8Array {
  const stored = raw.valueInode === 0 ? raw.value : valueInInode(context, raw, where);
  if (!aclIndexes.has(raw.nameIndex)) return Uint8Array.from(stored);
  const acl = decodeAcl(stored);
  if (acl === undefined) throw corrupt(where, 'its value is no access control list');
  return acl;
}

/** A value of the feature ea_inode (kernel xattr.c, ext4_xattr_inode_get). */
function valueInInode(context: ImageContext, raw: RawXattr, where: string): Uint8Array {
  const { superblock } = context;
  if (!superblock.has.eaInode) throw corrupt(where, 'its value is in an inode, without the feature ea_inode');
  if (raw.valueSize > maxXattrValueSize) throw corrupt(where, `a value of ${raw.valueSize} bytes`);
  const inode = readInode(context, raw.valueInode);
  if (inode.kind !== 'file' || (inode.flags & inodeFlag.eaInode) === 0) {
    throw corrupt(where, `inode ${inode.number} holds no attribute value`);
  }
  if (inode.size !== raw.valueSize) {
    throw corrupt(where, `${raw.valueSize} bytes, but inode ${inode.number} holds ${inode.size}`);
  }
  const value = wholeContent(context, inode, maxXattrValueSize, where);
  const hash = crc32c(superblock.checksumSeed, new DataView(value.buffer)) >>> 0;
  if (hash !== inode.record.getUint32(inodeField.atime, true)) throw wrongChecksum(where);
  const name = bytesOf(raw.name);
  // Kernels before 6.1 take the bytes of the name as signed: where that matters, the value's own sum has to do.
  const isSame = raw.hash === xattrEntryHash(name, [hash]);
  if (!isSame && name.every((byte) => byte < 0x80)) throw wrongChecksum(where);
  return value;
}
