import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../../../../src/base/digest.ts';
import { runProcess } from '../../../../../src/base/process.ts';
import type { Ext4Source } from '../../../../../src/formats/ext4/writer/options.ts';
import { chunkSize } from '../../../../../src/formats/ext4/writer/sequential-output.ts';
import { writeExt4 } from '../../../../../src/formats/ext4/writer/write-ext4.ts';
import { anyIdentity, writeImageFile } from '../../../../support/ext4-image.ts';
import { expectClean, readWithDebugfs } from '../../../../support/ext4-judges.ts';
import { memoryTree } from '../../../../support/memory-tree.ts';
import { describeWithTools } from '../../../../support/tools.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
let folder = '';
let image = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-ext4-'));
  image = join(folder, 'image');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = [{ path: 'etc/hostname', content: 'firekiln\n' }];

async function dumpe2fs(): Promise<string> {
  const { stdout } = await runProcess('/sbin/dumpe2fs', {
    args: ['-h', image],
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  return stdout.toString();
}

/** A tree with one file of a layer that is all zeros or a pattern. */
function oneFile(size: number, fill: (target: Uint8Array, position: number) => void): Ext4Source {
  const read = (target: Uint8Array, position: number) => {
    const part = target.subarray(0, Math.max(0, Math.min(target.length, size - position)));
    fill(part, position);
    return part.length;
  };
  const root = [...memoryTree([]).walk()];
  const [file] = [...memoryTree([{ path: 'file', size }]).walk()].slice(1);
  if (file === undefined) throw new Error('no file');
  const data = [{ fileOffset: 0, length: size, blobOffset: 0 }];
  return {
    layers: [{ data: { size, read } }],
    walk: () => [...root, { path: file.path, inode: { ...file.inode, key: 9, data } }],
  };
}

describeWithTools(['e2fsck', 'debugfs', 'dumpe2fs', 'resize2fs'], 'writable images', () => {
  it('say what they are', async () => {
    const summary = await writeImageFile(image, memoryTree(small), {
      label: 'root-ß',
      epoch: 1_700_000_000,
      writable: { size: 4 * GiB },
    });
    const said = await dumpe2fs();
    const line = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(said)?.[1];
    expect(line('Filesystem volume name')).toBe('root-ß');
    expect(line('Filesystem UUID')).toBe(summary.uuid);
    expect(line('Filesystem features')).toBe(
      'has_journal ext_attr resize_inode dir_index filetype extent flex_bg sparse_super large_file huge_file dir_nlink extra_isize metadata_csum',
    );
    expect(line('Filesystem state')).toBe('clean');
    expect(line('Block count')).toBe(`${GiB / 1024}`);
    expect(line('Free blocks')).toBe(`${summary.freeBlocks}`);
    expect(line('Inode count')).toBe(`${summary.inodes}`);
    expect(line('Free inodes')).toBe(`${summary.freeInodes}`);
    expect(line('Reserved block count')).toBe('0');
    expect(line('Total journal size')).toBe('64M');
    expect(line('Filesystem created')).toBe('Tue Nov 14 22:13:20 2023');
    await expectClean(image);
  });

  it('are clean at any size, with and without journal', async () => {
    const size = fc.oneof(fc.integer({ min: 2 * MiB, max: 140 * MiB }), fc.integer({ min: 2 * MiB, max: 60 * GiB }));
    const disk = fc.record({
      size,
      journal: fc.oneof(fc.boolean(), fc.integer({ min: MiB, max: 8 * MiB })),
      growTo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 * TiB })),
      inodes: fc.oneof(fc.constant(16), fc.nat(50_000)),
    });
    await fc.assert(
      fc.asyncProperty(disk, async (writable) => {
        const { size: made } = await writeImageFile(image, memoryTree(small), { writable }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'EXT4_TOO_SMALL' });
          return { size: undefined };
        });
        if (made === undefined) return;
        expect(made).toBeLessThanOrEqual(writable.size);
        await expectClean(image);
      }),
      { numRuns: process.env.FIREKILN_TEST_FULL === '1' ? 300 : 20 },
    );
  });

  it('of 1 TiB, empty, take a few MiB on the host', async () => {
    const { written } = await writeImageFile(image, memoryTree([]), {
      writable: { size: TiB, journal: false, growTo: 0 },
    });
    expect(written).toBeLessThan(8 * MiB);
    await expectClean(image);
  });

  it('above 16 TiB number their blocks with 64 bits', async () => {
    // Sizes that no file of the host can have: the sink keeps what e2fsck would read first.
    const kept = Buffer.alloc(4096);
    const sink = {
      write: (data: Uint8Array, position: number) =>
        position < 4096 && kept.set(data.subarray(0, 4096 - position), position),
    };
    const options = { identity: anyIdentity, selfCheck: true, writable: { size: 20 * TiB, journal: false } };
    const summary = await writeExt4(
      memoryTree([]),
      { write: (data, position) => void sink.write(data, position) },
      options,
    );
    expect(summary.blocks).toBe(20 * 2 ** 28);
    expect(kept.readUInt32LE(1024 + 0x60) & 0x80).toBe(0x80);
    expect(kept.readUInt32LE(1024 + 0x150)).toBe(1);
  });

  it('that may grow beyond 16 TiB have the feature 64bit from the start', async () => {
    await writeImageFile(image, memoryTree(small), { writable: { size: GiB, growTo: 20 * TiB } });
    expect(await dumpe2fs()).toMatch(/^Filesystem features:.* 64bit/m);
    await expectClean(image);
  });

  it('too small for their tree are refused with the size that is needed', async () => {
    const error = await writeImageFile(image, memoryTree([{ path: 'f', content: Buffer.alloc(8 * MiB) }]), {
      writable: { size: 4 * MiB },
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'EXT4_TOO_SMALL', hint: expect.stringMatching(/It needs (\d+) bytes/) });
    const needed = Number(/(\d+) bytes/.exec((error as { hint: string }).hint)?.[1]);
    await writeImageFile(image, memoryTree([{ path: 'f', content: Buffer.alloc(8 * MiB) }]), {
      writable: { size: needed },
    });
    await expectClean(image);
  });

  it.each([0, 4096, 40_000, 120 * MiB])('of %i bytes are too small for 40,000 files', async (size) => {
    const files = Array.from({ length: 40_000 }, (_, i) => ({ path: `${i}` }));
    await expect(writeImageFile(image, memoryTree(files), { writable: { size } })).rejects.toMatchObject({
      code: 'EXT4_TOO_SMALL',
    });
  });

  it('keep a lost+found of the tree', async () => {
    await writeImageFile(image, memoryTree([{ path: 'lost+found/kept', content: 'x' }]), {
      writable: { size: 8 * MiB },
    });
    await expectClean(image);
    expect([...(await readWithDebugfs(image)).keys()].sort()).toEqual(['', 'lost+found', 'lost+found/kept']);
  });

  it.each([64 * MiB, 200 * MiB, 5 * GiB])('of %i bytes grow where they lie', async (size) => {
    await writeImageFile(image, memoryTree(small), { writable: { size } });
    const before = statSync(image).size;
    truncateSync(image, before * 3);
    await runProcess('/sbin/resize2fs', { args: [image] });
    await expectClean(image);
    expect(await dumpe2fs()).toMatch(new RegExp(`^Block count: +${(before * 3) / 4096}$`, 'm'));
    truncateSync(image, before * 40);
    await runProcess('/sbin/resize2fs', { args: [image] });
    await expectClean(image);
    expect((await readWithDebugfs(image)).get('etc/hostname')?.content).toBe(sha256('firekiln\n'));
  });

  it('hold files of several GiB, in pieces between the copies of the superblock', async () => {
    const zeros = Buffer.alloc(chunkSize);
    let written = 0;
    const sink = {
      write: (data: Uint8Array) => {
        if (!zeros.subarray(0, data.length).equals(data)) written += data.length;
      },
    };
    const source = oneFile(14 * GiB, (target) => target.fill(0));
    await writeExt4(source, sink, { identity: anyIdentity, selfCheck: true, writable: { freeBytes: 0 } });
    expect(written).toBeLessThan(16 * chunkSize);
  });

  it('keep every byte of a file that copies of the superblock break into pieces', async () => {
    const size = 450 * MiB + 12_345;
    const pattern = (target: Uint8Array, position: number) => {
      const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
      for (let at = ((-position % 4) + 4) % 4; at + 4 <= target.length; at += 4)
        view.setUint32(at, (position + at) * 2654435761, true);
    };
    const source = oneFile(size, (target, position) => {
      target.fill(7);
      pattern(target, position);
    });
    await writeImageFile(image, source, { writable: { freeBytes: 10 * MiB } });
    await expectClean(image);
    const found = (await readWithDebugfs(image)).get('file');
    const whole = Buffer.alloc(size);
    source.layers[0]?.data.read(whole, 0);
    expect(found?.content).toBe(sha256(whole));
    rmSync(image);
  });
});
