import { crc32 } from 'node:zlib';
import { hexOf } from '../../base/digest.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  footerBytes,
  headerBytes,
  type IndexLayout,
  type IndexSummary,
  indexMagic,
  indexVersion,
} from './index-format.ts';

export function encodeHeader(): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write(indexMagic, 'latin1');
  header.writeUInt32LE(indexVersion, 8);
  return header;
}

/** docs/formats/layer-index.md, "Footer". */
export function encodeFooter(summary: IndexSummary, layout: IndexLayout): Buffer {
  const out = new ByteWriter(footerBytes);
  for (const value of [layout.entriesStart, layout.tableStart, layout.tableEnd]) out.uint64(value);
  for (const value of [layout.sharedBlocks, layout.entryBlocks, layout.tableCrc]) out.uint32(value);
  for (const value of [summary.entryCount, summary.inodeCount, summary.sharedCount]) out.uint32(value);
  for (const value of [summary.dataSize, summary.blobSize]) out.uint64(value);
  out.bytes(Buffer.from(hexOf(summary.diffId), 'hex'));
  const footer = Buffer.alloc(footerBytes);
  footer.set(out.view());
  footer.writeUInt32LE(indexVersion, footerBytes - 16);
  footer.writeUInt32LE(crc32(footer.subarray(0, footerBytes - 12)), footerBytes - 12);
  footer.write(indexMagic, footerBytes - 8, 'latin1');
  return footer;
}

/** Calls `fail` where the footer is not one that was written, or contradicts itself or the size of the file. */
export function decodeFooter(
  footer: Buffer,
  fileSize: number,
  fail: (reason: string) => never,
): IndexSummary & IndexLayout {
  if (footer.toString('latin1', footerBytes - 8) !== indexMagic) fail('its end is missing');
  if (footer.readUInt32LE(footerBytes - 12) !== crc32(footer.subarray(0, footerBytes - 12))) {
    fail('the checksum of its footer is wrong');
  }
  const from = new ByteReader(footer, fail);
  const [entriesStart, tableStart, tableEnd] = [from.uint64(), from.uint64(), from.uint64()];
  const [sharedBlocks, entryBlocks, tableCrc] = [from.uint32(), from.uint32(), from.uint32()];
  const [entryCount, inodeCount, sharedCount] = [from.uint32(), from.uint32(), from.uint32()];
  const [dataSize, blobSize] = [from.uint64(), from.uint64()];
  const diffId = `sha256:${from.copy(32).toString('hex')}` as const;
  const inOrder = headerBytes <= entriesStart && entriesStart <= tableStart && tableStart <= tableEnd;
  if (!inOrder || tableEnd !== fileSize - footerBytes) fail('its parts do not fit its size');
  if (sharedCount > inodeCount) fail('it counts more shared inodes than inodes');
  return {
    entriesStart,
    tableStart,
    tableEnd,
    sharedBlocks,
    entryBlocks,
    tableCrc,
    entryCount,
    inodeCount,
    sharedCount,
    dataSize,
    blobSize,
    diffId,
  };
}
