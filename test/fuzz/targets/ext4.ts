import { emptyByteString } from '../../../src/base/byte-string.ts';
import { openExt4 } from '../../../src/formats/ext4/reader/open.ts';
import { walk } from '../../../src/formats/ext4/reader/walk.ts';
import { writeExt4 } from '../../../src/formats/ext4/writer/write-ext4.ts';
import { bytesAccess } from '../../../src/formats/io/bytes-access.ts';
import { upperLayer } from '../../../src/formats/overlay/upper-layer.ts';
import { mergeLayers } from '../../../src/formats/tree/merged-tree.ts';
import { anyIdentity } from '../../support/ext4-image.ts';
import { fixtureBytes } from '../../support/image-file.ts';
import { type MemoryFile, memoryTree } from '../../support/memory-tree.ts';
import type { CorpusEntry, FuzzTarget } from '../target.ts';

const superblockAt = 1024;
const roCompatAt = superblockAt + 0x64;
const metadataCsum = 0x400;

const zeros = Buffer.alloc(4096);

/** Bytes of one file that are read: sizes are claims. */
const maxRead = 64 << 10;

/** Images that a guest wrote: read whole, then as the upper directory of a step. */
export const ext4Target: FuzzTarget = {
  what: 'ext4 images',
  maxSeconds: 10,
  async corpus() {
    // Written by a kernel: journal, htree, inline data, attributes. The first 16 MiB hold its metadata.
    const scratch = fixtureBytes('run-layers/scratch.ext4.zst');
    return new Map([
      ['kernel', withoutSums(scratch)],
      ['kernel-sums', entryOf(scratch)],
      ['old', withoutSums(fixtureBytes('run-layers/old.ext4.zst'))],
      ['own', withoutSums(await ownImage())],
    ]);
  },
  run(data, random) {
    const fileSystem = openExt4(bytesAccess(data));
    for (const { inode } of walk(fileSystem, fileSystem.root)) {
      fileSystem.xattrs(inode);
      if (inode.kind === 'symlink') fileSystem.linkTarget(inode);
      if (inode.kind === 'file') {
        let left = maxRead;
        for (const { length, blobOffset } of fileSystem.dataExtents(inode)) {
          const part = Buffer.alloc(Math.min(left, length));
          if (fileSystem.image.read(part, blobOffset) !== part.length) throw new Error('data behind the end');
          left -= part.length;
          if (left === 0) break;
        }
      }
    }
    if (random.oneIn(2)) return;
    const again = openExt4(bytesAccess(data));
    for (const { what } of upperLayer({ fileSystem: again, upper: emptyByteString, parent: mergeLayers([]) })) {
      if (what.type === 'inode')
        for (const extent of what.inode.data) if (extent.length <= 0) throw new Error('no data');
    }
  },
};

function entryOf(data: Buffer): CorpusEntry {
  const hot: number[] = [superblockAt];
  for (let at = 0; at < data.length; at += 4096) {
    if (!isZero(data.subarray(at, at + 4096))) for (let part = 0; part < 4096; part += 256) hot.push(at + part);
  }
  return { data, hot };
}

/** Without the feature of checksums a change gets past them. */
function withoutSums(image: Buffer): CorpusEntry {
  const data = Buffer.from(image);
  data.writeUInt32LE(data.readUInt32LE(roCompatAt) & ~metadataCsum, roCompatAt);
  return entryOf(data);
}

function isZero(data: Buffer): boolean {
  return zeros.subarray(0, data.length).equals(data);
}

/** One of ours, with everything that the writer can write. */
async function ownImage(): Promise<Buffer> {
  const files: MemoryFile[] = [
    { path: 'dir/file', content: 'content' },
    { path: 'dir/long-link', kind: 'symlink', target: 'x/'.repeat(200) },
    { path: 'short-link', kind: 'symlink', target: 'dir/file' },
    { path: 'second-name', linkTo: 'dir/file' },
    { path: 'device', kind: 'character', major: 5, minor: 1 },
    { path: 'fifo', kind: 'fifo' },
    { path: 'attributes', content: '', xattrs: { 'user.a': 'b', 'user.large': 'x'.repeat(9000), 'security.x': 'y' } },
    { path: 'holes', size: 5_000_000, pieces: [2, 4, 7].map((at) => ({ at: at * 400_000, bytes: Buffer.from('x') })) },
    ...Array.from({ length: 400 }, (_, i) => ({ path: `large-folder/a-rather-long-name-of-a-file-${i}` })),
  ];
  const parts: { readonly at: number; readonly data: Buffer }[] = [];
  const sink = { write: (data: Uint8Array, at: number) => void parts.push({ at, data: Buffer.from(data) }) };
  const { size } = await writeExt4(memoryTree(files), sink, {
    identity: anyIdentity,
    writable: { freeBytes: 1 << 20 },
  });
  const image = Buffer.alloc(size);
  for (const { at, data } of parts) image.set(data, at);
  return image;
}
