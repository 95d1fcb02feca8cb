import { crc32 } from 'node:zlib';
import { type Digest, sha256 } from '../../../src/base/digest.ts';
import { bytesAccess } from '../../../src/formats/io/bytes-access.ts';
import { footerBytes, headerBytes } from '../../../src/formats/layer-index/index-format.ts';
import { openLayerIndex } from '../../../src/formats/layer-index/open-layer-index.ts';
import { mergeLayers } from '../../../src/formats/tree/merged-tree.ts';
import { indexOf, layerOf } from '../../support/layer-of.ts';
import { rawTar } from '../../support/raw-tar.ts';
import type { Random } from '../random.ts';
import { sampleMembers } from '../sample-members.ts';
import type { CorpusEntry, FuzzTarget } from '../target.ts';

/** Index files that lie in a store: damaged ones, and ones whose every checksum is right. */
export const layerIndexTarget: FuzzTarget = {
  what: 'layer index files',
  maxSeconds: 5,
  async corpus() {
    const sizes = [0, 30, 1200];
    return new Map(sizes.map((files) => [`${files}-files`, entryOf(rawTar(sampleMembers(files)))] as const));
  },
  run(data, random) {
    const expected = expectations.get(data[0] ?? 0) ?? [...expectations.values()][0];
    if (expected === undefined) return;
    const index = openLayerIndex(bytesAccess(data.subarray(1)), expected);
    let count = 0;
    for (const { path } of index.entries()) if (++count % 10 === 0) index.lookup(path);
    index.lookup('some/folder-1' as never);
    const tree = mergeLayers([below, { index, data: bytesAccess(new Uint8Array()) }]);
    for (const { inode } of tree.walk()) if (random.oneIn(100) && inode.kind === 'directory') break;
  },
};

/** Holds what a hard link of the samples leads to. */
const below = layerOf(rawTar([{ name: 'elsewhere', data: Buffer.from('x') }]));

/** What an index is opened for; the first byte of an input says which. */
const expectations = new Map<number, { readonly diffId: Digest; readonly size: number }>();

function entryOf(tar: Buffer): CorpusEntry {
  const number = expectations.size;
  expectations.set(number, { diffId: sha256(tar), size: tar.length });
  const index = indexOf(tar);
  const data = Buffer.concat([Buffer.of(number), index]);
  return { data, hot: [headerBytes, data.length - footerBytes - 64], mend: mendSums };
}

/** Block sums are in the table, the table's sum is in the footer, the footer bears its own. */
function mendSums(data: Buffer, random: Random): Buffer {
  if (random.oneIn(4) || data.length < 1 + headerBytes + footerBytes) return data;
  const index = data.subarray(1);
  const footer = index.subarray(index.length - footerBytes);
  const [entriesStart, tableStart, tableEnd] = [0, 8, 16].map((at) => Number(footer.readBigUInt64LE(at)));
  if (entriesStart === undefined || tableStart === undefined || tableEnd === undefined) return data;
  if (tableStart <= tableEnd && tableEnd <= index.length) {
    mendBlockSums(index, footer, headerBytes, tableStart, tableEnd);
    footer.writeUInt32LE(crc32(index.subarray(tableStart, tableEnd)), 32);
  }
  footer.writeUInt32LE(crc32(footer.subarray(0, footerBytes - 12)), footerBytes - 12);
  return data;
}

/** Follows the table as long as it makes sense: for each block its length, its sum, its first number, its separator. */
function mendBlockSums(index: Buffer, footer: Buffer, from: number, tableStart: number, tableEnd: number): void {
  let at = tableStart;
  let start = from;
  const varint = () => {
    let value = 0;
    for (let scale = 1; at < tableEnd; scale *= 128) {
      const byte = index[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  const shared = footer.readUInt32LE(24);
  const blocks = Math.min(1000, shared + footer.readUInt32LE(28));
  for (let block = 0; block < blocks && at + 4 < tableEnd; block++) {
    const length = varint();
    if (at + 4 > tableEnd || start + length > tableStart) return;
    index.writeUInt32LE(crc32(index.subarray(start, start + length)), at);
    start += length;
    at += 4;
    varint();
    if (block >= shared) at += varint();
  }
}
