import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../../../../src/base/digest.ts';
import { modeType } from '../../../../../src/formats/ext4/layout/inode.ts';
import type { TreeInode } from '../../../../../src/formats/tree/entry.ts';
import { anyFiles } from '../../../../support/any-tree.ts';
import { writeImageFile } from '../../../../support/ext4-image.ts';
import { expectClean, type FoundFile, readWithDebugfs } from '../../../../support/ext4-judges.ts';
import { bytesPath, type MemoryFile, memoryTree } from '../../../../support/memory-tree.ts';
import { describeWithTools } from '../../../../support/tools.ts';

const MiB = 1 << 20;
let folder = '';
let image = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-ext4-'));
  image = join(folder, 'image');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function digestOfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What debugfs should find of an inode. */
function expected(tree: ReturnType<typeof memoryTree>, inode: TreeInode): Partial<FoundFile> {
  const content = Buffer.alloc(inode.size);
  for (const { fileOffset, length, blobOffset } of inode.data) {
    tree.layers[0]?.data.read(content.subarray(fileOffset, fileOffset + length), blobOffset);
  }
  const contents: Partial<Record<TreeInode['kind'], string>> = {
    file: sha256(content),
    symlink: inode.linkTarget ?? '',
    character: `${inode.deviceMajor}:${inode.deviceMinor}`,
    block: `${inode.deviceMajor}:${inode.deviceMinor}`,
  };
  return {
    mode: modeType[inode.kind] | inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    size: inode.size,
    seconds: inode.mtimeSec,
    nanoseconds: inode.mtimeNsec,
    content: contents[inode.kind] ?? '',
    xattrs: Object.fromEntries(
      [...(inode.xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
    ),
  };
}

async function expectHolds(files: readonly MemoryFile[], options: { readonly lostAndFound: boolean }): Promise<void> {
  const tree = memoryTree(files);
  const found = await readWithDebugfs(image);
  if (options.lostAndFound) found.delete('lost+found');
  const seen = new Map<number, number>();
  const paths: string[] = [];
  for (const { path, inode } of tree.walk()) {
    paths.push(path);
    expect(found.get(path)).toMatchObject(expected(tree, inode));
    // Hard links of one another, and nothing else, share an inode.
    const number = found.get(path)?.inode ?? 0;
    expect(seen.get(inode.key) ?? number).toBe(number);
    seen.set(inode.key, number);
  }
  expect([...found.keys()].sort()).toEqual(paths.sort());
  expect(new Set(seen.values()).size).toBe(seen.size);
}

const tools = ['e2fsck', 'debugfs', 'dumpe2fs'];
const runs = process.env.FIREKILN_TEST_FULL === '1' ? 400 : 25;

describeWithTools(tools, 'any tree', () => {
  // debugfs takes and gives one line a name: what a newline or a quote in a name does is judged by the kernel (e2e).
  const listable = anyFiles.filter((files) => files.every(({ path, target = '' }) => !/[\n"]/.test(path + target)));

  it('is clean and found again, read-only', async () => {
    await fc.assert(
      fc.asyncProperty(listable, async (files) => {
        const { size } = await writeImageFile(image, memoryTree(files));
        expect(statSync(image).size).toBe(size);
        await expectClean(image);
        await expectHolds(files, { lostAndFound: false });
      }),
      { numRuns: runs },
    );
  });

  it('is clean and found again, writable', async () => {
    const disk = fc.record({ freeBytes: fc.nat(40 * MiB), journal: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(listable, disk, async (files, writable) => {
        const { freeBlocks } = await writeImageFile(image, memoryTree(files), { writable });
        expect(freeBlocks * 4096).toBeGreaterThanOrEqual(writable.freeBytes);
        await expectClean(image);
        await expectHolds(files, { lostAndFound: true });
      }),
      { numRuns: runs },
    );
  });

  it('gives the same bytes whatever order its entries and attributes were made in', async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, fc.boolean(), async (files, isWritable) => {
        const options = isWritable ? { writable: { freeBytes: MiB } } : {};
        await writeImageFile(image, memoryTree(files), options);
        const first = digestOfFile(image);
        const turned = files.toReversed().map((file) => {
          if (file.xattrs === undefined) return file;
          return { ...file, xattrs: Object.fromEntries(Object.entries(file.xattrs).reverse()) };
        });
        await writeImageFile(image, memoryTree(turned), options);
        expect(digestOfFile(image)).toBe(first);
      }),
      { numRuns: runs },
    );
  });
});

describeWithTools(tools, 'special cases', () => {
  async function make(files: readonly MemoryFile[], options: Parameters<typeof writeImageFile>[2] = {}) {
    const summary = await writeImageFile(image, memoryTree(files), options);
    await expectClean(image);
    return summary;
  }

  it('an empty tree', async () => {
    const { size } = await make([]);
    expect(size).toBeLessThan(64 << 10);
    await expectHolds([], { lostAndFound: false });
  });

  it('names of 255 bytes that are not UTF-8', async () => {
    const files = [0x80, 0xff, 0xc3].map((byte) => ({
      path: bytesPath(String.fromCharCode(byte).repeat(255)),
      content: 'x',
    }));
    await make(files);
    await expectHolds(files, { lostAndFound: false });
  });

  it('a name of 256 bytes is refused by its path', async () => {
    await expect(make([{ path: `etc/${'n'.repeat(256)}` }])).rejects.toMatchObject({
      code: 'EXT4_LIMIT',
      message: expect.stringMatching(/^\/etc\/n{256}: /),
    });
  });

  it('a tree 1,000 folders deep', async () => {
    const path = Array.from({ length: 1000 }, (_, i) => `d${i}`).join('/');
    await make([{ path: `${path}/f`, content: 'deep' }]);
  });

  it('symlinks of 1 to 4,095 bytes', async () => {
    const files = [1, 59, 60, 255, 4095].map((length) => ({
      path: `to-${length}`,
      kind: 'symlink' as const,
      target: 't'.repeat(length),
    }));
    await make(files);
    await expectHolds(files, { lostAndFound: false });
    await expect(make([{ path: 'l', kind: 'symlink', target: 't'.repeat(4096) }])).rejects.toMatchObject({
      code: 'EXT4_LIMIT',
    });
  });

  it('hard links up to 65,000, and no more', async () => {
    const links = (count: number) => [
      { path: 'f', content: 'shared' },
      ...Array.from({ length: count - 1 }, (_, i) => ({ path: `l/${i}`, linkTo: 'f' })),
    ];
    await make(links(65_000));
    await expect(make(links(65_001))).rejects.toMatchObject({ code: 'EXT4_LIMIT' });
  });

  it('a folder of 65,100 subfolders has one link', async () => {
    const files = Array.from({ length: 65_100 }, (_, i) => ({ path: `d/${i}`, kind: 'directory' as const }));
    const tree = memoryTree(files);
    await writeImageFile(image, tree);
    await expectClean(image);
  });

  it('devices by old and new encoding, FIFOs, sockets, whiteouts', async () => {
    const files: MemoryFile[] = [
      { path: 'null', kind: 'character', major: 1, minor: 3, mode: 0o666 },
      { path: 'big', kind: 'block', major: 4095, minor: 1_048_575 },
      { path: 'minor-256', kind: 'block', major: 8, minor: 256 },
      { path: 'fifo', kind: 'fifo' },
      { path: 'socket', kind: 'socket' },
      { path: 'whiteout', kind: 'character', major: 0, minor: 0, mode: 0 },
      { path: 'opaque', kind: 'directory', xattrs: { 'trusted.overlay.opaque': 'y' } },
    ];
    await make(files);
    await expectHolds(files, { lostAndFound: false });
    await expect(make([{ path: 'dev', kind: 'block', major: 4096, minor: 0 }])).rejects.toMatchObject({
      code: 'EXT4_LIMIT',
    });
  });

  it('owners above 65,535 and times from 1901 to 2446; those beyond are held at the ends', async () => {
    const seconds = [-(2 ** 31), -1, 0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 34 - 2 ** 31 - 1];
    const files = seconds.map((time, i) => ({
      path: `t${i}`,
      seconds: time,
      nanoseconds: 999_999_999,
      uid: 70_000 + i,
      gid: 0xfffffffe,
    }));
    await make(files);
    await expectHolds(files, { lostAndFound: false });
    await make([
      { path: 'late', seconds: 1e12 },
      { path: 'early', seconds: -1e12 },
    ]);
    const found = await readWithDebugfs(image);
    expect([found.get('late')?.seconds, found.get('early')?.seconds]).toEqual([2 ** 34 - 2 ** 31 - 1, -(2 ** 31)]);
  });

  it('times that e2fsck would take for ones before 1970 are held in 2310', async () => {
    await make([{ path: 'f', seconds: 3 * 2 ** 32 - 1, nanoseconds: 7 }]);
    expect((await readWithDebugfs(image)).get('f')).toMatchObject({
      seconds: 3 * 2 ** 32 - 2 ** 31 - 1,
      nanoseconds: 0,
    });
  });

  it('attributes in the inode, in a block, in inodes of their own', async () => {
    const files = [
      {
        path: 'in-inode',
        xattrs: { 'security.capability': Buffer.from('0100000200200000000000000000000000000000', 'hex') },
      },
      { path: 'empty', xattrs: { 'user.empty': '' } },
      { path: 'in-block', xattrs: { 'user.long': 'v'.repeat(4000) } },
      { path: 'mixed', xattrs: { 'user.b': 'short', 'user.a': 'v'.repeat(2000), 'trusted.c': 'w'.repeat(1900) } },
      { path: 'in-inodes', xattrs: { 'user.huge': 'h'.repeat(65_536), 'user.large': 'l'.repeat(4097), 'user.z': 'z' } },
      { path: 'folder', kind: 'directory' as const, xattrs: { 'user.huge': 'h'.repeat(65_536) } },
    ];
    await make(files);
    await expectHolds(files, { lostAndFound: false });
  });

  it('3,000 files with the same attributes share their blocks, or not', async () => {
    const files = Array.from({ length: 3000 }, (_, i) => ({
      path: `f${i}`,
      xattrs: { 'user.same': 's'.repeat(300), 'user.huge': 'h'.repeat(5000) },
    }));
    const shared = await make(files);
    const own = await make(files, { shareXattrBlocks: false });
    expect(own.blocks - shared.blocks).toBe(3000 - 3);
  });

  it('attributes that no block can hold are refused by the path', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`user.${'n'.repeat(20)}${i}`, '']));
    await expect(make([{ path: 'a/b', xattrs: many }])).rejects.toMatchObject({
      code: 'EXT4_LIMIT',
      message: expect.stringContaining('/a/b: '),
    });
    const huge = { 'user.x': Buffer.alloc(65_537) };
    await expect(make([{ path: 'a', xattrs: huge }])).rejects.toMatchObject({ code: 'EXT4_LIMIT' });
  });

  it('attributes of no Linux namespace are left out', async () => {
    await make([{ path: 'f', xattrs: { 'com.apple.provenance': 'x', 'user.kept': 'y' } }]);
    expect((await readWithDebugfs(image)).get('f')?.xattrs).toEqual({ 'user.kept': 'y' });
  });

  it('access control lists are turned into their disk form', async () => {
    const list = Buffer.from(
      // debugfs gives entries without an id a zero where the kernel gives 0xffffffff.
      '02000000010006000000000002000700e803000004000400000000001000070000000000200004000000000000000000'.slice(0, 88),
      'hex',
    );
    const files = [{ path: 'f', xattrs: { 'system.posix_acl_access': list } }];
    await make(files);
    await expectHolds(files, { lostAndFound: false });
    await expect(make([{ path: 'f', xattrs: { 'system.posix_acl_default': 'no list' } }])).rejects.toMatchObject({
      code: 'EXT4_LIMIT',
    });
  });

  it('folders of one block, of a few, of 50,000 entries, and of an index with two levels', async () => {
    const names = (count: number, length: number) =>
      Array.from({ length: count }, (_, i) => ({ path: `d/${String(i).padStart(length, 'n')}` }));
    for (const files of [names(100, 20), names(200, 20), names(1000, 20), names(50_000, 8), names(9000, 255)]) {
      await make(files);
    }
  });

  it('100,000 files', async () => {
    const files = Array.from({ length: 100_000 }, (_, i) => ({
      path: `d${i % 300}/e${i % 7}/file-${i}`,
      content: `${i}`,
    }));
    const { freeBlocks } = await make(files);
    expect(freeBlocks).toBe(0);
  });

  it('more inodes than blocks need: empty files only', async () => {
    const files = Array.from({ length: 70_000 }, (_, i) => ({ path: `d/${i}` }));
    await make(files);
    await make(files, { writable: { freeBytes: 0, journal: false } });
  });

  it('a sparse file of 5 GB keeps its holes', async () => {
    const pieces = [0, 4096, 12_345, 2 ** 31, 5e9].map((at) => ({ at, bytes: Buffer.from(`at ${at}`) }));
    const summary = await make([{ path: 'sparse', pieces, size: 5e9 + 100_000 }]);
    expect(summary.blocks).toBeLessThan(20);
  });

  it('files that are holes only, and end in holes', async () => {
    const files = [
      { path: 'hole', size: 3e6 },
      { path: 'end', pieces: [{ at: 10, bytes: Buffer.from('x') }], size: 1e6 },
    ];
    await make(files);
    await expectHolds(files, { lostAndFound: false });
    expect((await readWithDebugfs(image)).get('hole')?.sectors).toBe(0);
  });

  it.each([5, 1400, 120_000])('a sparse file of %i pieces has a tree of extents', async (count) => {
    const bytes = Buffer.alloc(1, 'x');
    const files = [
      { path: 'f', pieces: Array.from({ length: count }, (_, i) => ({ at: i * 8192, bytes })), size: count * 8192 },
    ];
    await make(files);
    if (count < 10_000) await expectHolds(files, { lostAndFound: false });
  });
});
