import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../../../../src/base/process.ts';
import {
  decodeDevice,
  encodeDevice,
  maxDeviceMajor,
  maxDeviceMinor,
} from '../../../../../src/formats/ext4/layout/device-number.ts';
import { directoryHash } from '../../../../../src/formats/ext4/layout/directory-hash.ts';
import { groupField } from '../../../../../src/formats/ext4/layout/group-descriptor.ts';
import { inodeField } from '../../../../../src/formats/ext4/layout/inode.ts';
import {
  bitmapChecksum,
  directoryBlockChecksum,
  extentBlockChecksum,
  extentBlockChecksumPlace,
  fileSystemSeed,
  groupChecksum,
  indexBlockChecksum,
  inodeChecksum,
  inodeSeed,
  superblockChecksum,
  xattrBlockChecksum,
} from '../../../../../src/formats/ext4/layout/metadata-checksum.ts';
import { decodeAcl, encodeAcl } from '../../../../../src/formats/ext4/layout/posix-acl.ts';
import { superblockField, superblockOffset } from '../../../../../src/formats/ext4/layout/superblock.ts';
import {
  decodeNanoseconds,
  decodeSeconds,
  encodeExtraTime,
  maxTime,
  minTime,
} from '../../../../../src/formats/ext4/layout/time.ts';
import { xattrEntry, xattrHeader } from '../../../../../src/formats/ext4/layout/xattr.ts';
import { wordsOfValue, xattrEntryHash } from '../../../../../src/formats/ext4/layout/xattr-hash.ts';
import { describeWithTools } from '../../../../support/tools.ts';

const hex = (...parts: string[]) => parts.join('');
const seconds = fc.integer({ min: minTime, max: maxTime });
const nanoseconds = fc.integer({ min: 0, max: 999_999_999 });

describe('times', () => {
  it('round-trip from 1901 to 2446', () => {
    fc.assert(
      fc.property(seconds, nanoseconds, (sec, nsec) => {
        const extra = encodeExtraTime(sec, nsec);
        expect(decodeSeconds(sec >>> 0, extra)).toBe(sec);
        expect(decodeNanoseconds(extra)).toBe(nsec);
      }),
    );
  });

  // Documentation/filesystems/ext4/inodes.rst, table of "extra epoch bits".
  it.each([
    [-1, 0, 0xffffffff],
    [0, 0, 0],
    [2 ** 31, 1, 0x80000000],
    [2 ** 32, 1, 0],
    [2 ** 32 + 2 ** 31, 2, 0x80000000],
    [maxTime, 3, 0x7fffffff],
  ])('%i has epoch bits %i', (sec, epoch, field) => {
    expect(encodeExtraTime(sec, 0) & 3).toBe(epoch);
    expect(sec >>> 0).toBe(field);
  });
});

describe('device numbers', () => {
  it('round-trip', () => {
    const major = fc.integer({ min: 0, max: maxDeviceMajor });
    const minor = fc.integer({ min: 0, max: maxDeviceMinor });
    fc.assert(
      fc.property(major, minor, (a, b) => {
        const { word0, word1 } = encodeDevice(a, b);
        expect(decodeDevice(word0, word1)).toEqual({ major: a, minor: b });
      }),
    );
  });

  it('small ones use the old encoding', () => {
    expect(encodeDevice(5, 1)).toEqual({ word0: 0x501, word1: 0 });
    expect(encodeDevice(0x123, 0x45678)).toEqual({ word0: 0, word1: 0x45612378 });
  });
});

describe('access control lists', () => {
  const archive = Buffer.from(
    hex('02000000', '01000600ffffffff', '02000700e8030000', '04000400ffffffff', '10000700ffffffff', '20000400ffffffff'),
    'hex',
  );

  it('lose the ids that mean nothing on disk', () => {
    const disk = encodeAcl(archive);
    expect(Buffer.from(disk ?? []).toString('hex')).toBe(
      hex('01000000', '01000600', '02000700e8030000', '04000400', '10000700', '20000400'),
    );
    expect(Buffer.from(decodeAcl(disk ?? new Uint8Array()) ?? [])).toEqual(archive);
  });

  it('anything else is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const list of [bytes, Uint8Array.of(1, 0, 0, 0, ...bytes)]) {
          const decoded = decodeAcl(list);
          if (decoded !== undefined) expect(Buffer.from(encodeAcl(decoded) ?? [])).toEqual(Buffer.from(list));
        }
      }),
    );
    expect(encodeAcl(Buffer.from(hex('02000000', '03000600ffffffff'), 'hex'))).toBeUndefined();
    expect(encodeAcl(archive.subarray(0, -1))).toBeUndefined();
  });
});

describeWithTools(['mke2fs', 'debugfs'], 'what mke2fs and debugfs write', () => {
  let folder = '';
  let image = new DataView(new ArrayBuffer(0));
  const blockSize = 4096;
  const block = (number: number) => new DataView(image.buffer, image.byteOffset + number * blockSize, blockSize);
  const u32 = (view: DataView, at: number) => view.getUint32(at, true);
  let seed = 0;
  let descriptor = image;

  function inode(number: number): DataView {
    const table = u32(descriptor, groupField.inodeTableLo) * blockSize;
    return new DataView(image.buffer, image.byteOffset + table + (number - 1) * 256, 256);
  }

  function seedOf(number: number): number {
    return inodeSeed(seed, number, u32(inode(number), inodeField.generation));
  }

  async function inodeNumber(path: string): Promise<number> {
    const { stdout } = await runProcess('debugfs', { args: ['-R', `stat ${path}`, join(folder, 'image')] });
    return Number(/^Inode: (\d+)/.exec(stdout.toString())?.[1]);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'firekiln-layout-'));
    const path = join(folder, 'image');
    // 1,000 names in one directory, which e2fsck gives an index; a file of twelve extents.
    const commands = [
      `write ${folder}/sparse sparse`,
      `ea_set sparse user.long ${'x'.repeat(500)}`,
      'ea_set sparse user.a b',
    ];
    const script = `
      set -eu
      mkdir -p ${folder}/tree/big
      cd ${folder}/tree/big
      seq -f a-rather-long-name-of-a-file-%g 1000 | xargs touch
      mke2fs -q -t ext4 -b 4096 -I 256 -O metadata_csum,64bit,^has_journal -d ${folder}/tree ${path} 32M
      i=0; while [ $i -lt 12 ]; do printf x | dd of=${folder}/sparse bs=8192 seek=$i conv=notrunc status=none; i=$((i+1)); done
      debugfs -w -f - ${path} > /dev/null
      e2fsck -fyD ${path} > /dev/null || test $? = 1
    `;
    await runProcess('sh', {
      args: ['-c', script],
      stdin: { text: commands.join('\n') },
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DEBUGFS_PAGER: 'cat' },
    });
    const bytes = readFileSync(path);
    image = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    seed = fileSystemSeed(new DataView(image.buffer, image.byteOffset + superblockOffset + superblockField.uuid, 16));
    descriptor = new DataView(image.buffer, image.byteOffset + blockSize, 64);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('superblock, group descriptor and bitmaps', () => {
    const superblock = new DataView(image.buffer, image.byteOffset + superblockOffset, 1024);
    expect(superblockChecksum(superblock)).toBe(u32(superblock, superblockField.checksum));
    expect(groupChecksum(seed, 0, descriptor)).toBe(descriptor.getUint16(groupField.checksum, true));
    const sums = [
      [groupField.blockBitmapLo, groupField.blockBitmapChecksumLo, groupField.blockBitmapChecksumHi, 4096],
      [
        groupField.inodeBitmapLo,
        groupField.inodeBitmapChecksumLo,
        groupField.inodeBitmapChecksumHi,
        u32(superblock, superblockField.inodesPerGroup) / 8,
      ],
    ] as const;
    for (const [place, low, high, bytes] of sums) {
      const stored = descriptor.getUint16(low, true) + descriptor.getUint16(high, true) * 65536;
      expect(bitmapChecksum(seed, block(u32(descriptor, place)), bytes)).toBe(stored);
    }
  });

  it('inodes and the blocks of directories, indexes and extent trees', async () => {
    const sparse = await inodeNumber('sparse');
    const big = await inodeNumber('big');
    for (const number of [2, 11, sparse, big]) {
      const record = inode(number);
      const stored =
        record.getUint16(inodeField.checksumLo, true) + record.getUint16(inodeField.checksumHi, true) * 65536;
      expect(inodeChecksum(seedOf(number), record)).toBe(stored);
    }
    const extentBlock = block(u32(inode(sparse), inodeField.block + 12 + 4));
    expect(extentBlockChecksum(seedOf(sparse), extentBlock)).toBe(
      u32(extentBlock, extentBlockChecksumPlace(extentBlock)),
    );
    const first = u32(inode(big), inodeField.block + 12 + 8);
    const root = block(first);
    const [limit, count] = [root.getUint16(0x20, true), root.getUint16(0x22, true)];
    const tail = 0x20 + limit * 8;
    expect(indexBlockChecksum(seedOf(big), root, 0x20 + count * 8, tail)).toBe(u32(root, tail + 4));
    const leaf = block(first + 1);
    expect(directoryBlockChecksum(seedOf(big), leaf, 4084)).toBe(u32(leaf, 4092));
  });

  it('attribute block', async () => {
    const sparse = await inodeNumber('sparse');
    const number = u32(inode(sparse), inodeField.xattrBlockLo);
    const attributes = block(number);
    expect(xattrBlockChecksum(seed, number, attributes)).toBe(u32(attributes, xattrHeader.checksum));
    const name = Buffer.from('long');
    const value = new Uint8Array(500).fill(0x78);
    const hash = xattrEntryHash(name, wordsOfValue(value));
    expect(hash).toBe(u32(attributes, xattrHeader.size + xattrEntry.hash));
  });

  it('hashes of names, of any length and byte, with and without sign', async () => {
    const names = fc.sample(
      fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019._-éß漢')), minLength: 1, maxLength: 80 }),
      {
        seed: 7,
        numRuns: 300,
      },
    );
    const usable = names.filter((name) => Buffer.byteLength(name) <= 255 && !name.startsWith('-'));
    const seeds = ['00000000-0000-0000-0000-000000000000', '12345678-9abc-def0-0fed-cba987654321'];
    for (const uuid of seeds) {
      const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
      const words = Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32LE(i * 4));
      for (const sign of ['signed', 'unsigned'] as const) {
        const version = sign === 'signed' ? 'half_md4' : 'HASHALG_4';
        const { stdout } = await runProcess('debugfs', {
          args: ['-f', '-'],
          stdin: { text: usable.map((name) => `dx_hash -h ${version} -s ${uuid} ${name}`).join('\n') },
        });
        const judged = [...stdout.toString().matchAll(/is (0x[0-9a-f]+) \(minor/g)].map((match) => Number(match[1]));
        const ours = usable.map((name) => {
          const encoded = Buffer.from(name);
          return directoryHash(encoded, 0, encoded.length, words, sign);
        });
        expect(ours).toEqual(judged);
      }
    }
  });
});
