import { byteStringFromText } from '../../../base/byte-string.ts';
import { inodeBlockSize, inodeField } from '../layout/inode.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';
import { inInode } from './xattr-entries.ts';

/** A stretch of inline data. */
export interface InlinePart {
  readonly bytes: Uint8Array;
  /** Position in the image, in bytes. */
  readonly position: number;
}

/** The attribute `system.data` that holds what does not fit into the inode's block area. */
export const inlineNameIndex = 7;
export const inlineName = byteStringFromText('data');

/**
 * The content of an inode with inline data: 60 bytes of its block area, then the value of the attribute
 * `system.data`. Both are cut at the
 * inode's size.
 */
export function inlineParts(context: ImageContext, inode: Ext4Inode): readonly [InlinePart, InlinePart] {
  const where = `inode ${inode.number}, inline data`;
  const { record } = inode;
  const rest = restOf(context, inode, where);
  if (inode.size > inodeBlockSize + rest.bytes.length) {
    throw corrupt(where, `${inode.size} bytes, but there are only ${inodeBlockSize + rest.bytes.length}`);
  }
  const inBlockArea = Math.min(inode.size, inodeBlockSize);
  return [
    {
      bytes: new Uint8Array(record.buffer, record.byteOffset + inodeField.block, inBlockArea),
      position: inode.position + inodeField.block,
    },
    { bytes: rest.bytes.subarray(0, inode.size - inBlockArea), position: rest.position },
  ];
}

function restOf(context: ImageContext, inode: Ext4Inode, where: string): InlinePart {
  for (const raw of inInode(context, inode)) {
    if (raw.nameIndex !== inlineNameIndex || raw.name !== inlineName) continue;
    if (raw.valueInode !== 0) throw corrupt(where, 'its second part is not in the inode');
    return { bytes: raw.value, position: raw.valuePosition };
  }
  throw corrupt(where, 'the attribute system.data is missing');
}
