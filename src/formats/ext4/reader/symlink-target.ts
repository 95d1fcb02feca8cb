import { type ByteString, byteString } from '../../../base/byte-string.ts';
import { inodeBlockSize, inodeField, inodeFlag } from '../layout/inode.ts';
import { wholeContent } from './file-ranges.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';

/** Bytes of a target: the kernel's PATH_MAX less the end mark. */
const maxTargetLength = 4095;

/** The target of a symlink, stored in the inode itself if it is shorter than 60 bytes. */
export function symlinkTarget(context: ImageContext, inode: Ext4Inode): ByteString {
  const where = `inode ${inode.number}, symlink`;
  const { record } = inode;
  const target = isFast(context, inode)
    ? new Uint8Array(record.buffer, record.byteOffset + inodeField.block, inode.size)
    : wholeContent(context, inode, maxTargetLength, where);
  if (target.length === 0) throw corrupt(where, 'its target is empty');
  if (target.includes(0)) throw corrupt(where, 'its target has a zero byte');
  return byteString(target);
}

/** Kernel inode.c, ext4_inode_is_fast_symlink. */
function isFast({ superblock }: ImageContext, inode: Ext4Inode): boolean {
  if ((inode.flags & (inodeFlag.inlineData | inodeFlag.extents)) !== 0 || inode.size >= inodeBlockSize) return false;
  const attributeSectors = inode.xattrBlock === 0 ? 0 : superblock.clusterSize / 512;
  return superblock.has.eaInode || inode.sectors === attributeSectors;
}
