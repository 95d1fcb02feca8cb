import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/base/digest.ts';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { bytesAccess } from '../../../../src/formats/io/bytes-access.ts';
import { openLayerIndex } from '../../../../src/formats/layer-index/open-layer-index.ts';
import type { LayerEntry } from '../../../../src/formats/tree/entry.ts';
import { compareTreeOrder } from '../../../../src/formats/tree/tree-order.ts';
import { bytes, indexOf, layerOf } from '../../../support/layer-of.ts';
import { type RawMember, rawTar } from '../../../support/raw-tar.ts';

/** Something of everything, in several blocks. */
function sample(files: number): Buffer {
  const members: RawMember[] = [
    { name: 'dev', typeFlag: '3', fields: { devMajor: '0000005\0', devMinor: '0000001\0' } },
    { name: 'x', typeFlag: 'x', records: { 'SCHILY.xattr.user.a': 'value', mtime: '-12.5', uid: '70000' } },
    { name: 'attributes', data: Buffer.from('data') },
    {
      name: 'x',
      typeFlag: 'x',
      records: { 'GNU.sparse.map': '5,2,100,3', 'GNU.sparse.size': '1000', 'GNU.sparse.numblocks': '2' },
    },
    { name: 'sparse', data: Buffer.from('abcde') },
    { name: 'soft', typeFlag: '2', linkName: 'target' },
    { name: 'hard', typeFlag: '1', linkName: 'attributes' },
    { name: 'other', typeFlag: '1', linkName: 'elsewhere' },
    { name: '.wh.gone' },
    { name: 'opaque/.wh..wh..opq' },
  ];
  for (let i = 0; i < files; i++)
    members.push({ name: `some/folder-${i % 7}/file-number-${i}`, data: Buffer.from(`${i}`) });
  return rawTar(members);
}

const tar = sample(1500);
const index = indexOf(tar);
const expected = { diffId: sha256(tar), size: tar.length };
const open = (file: Uint8Array) => openLayerIndex(bytesAccess(file), expected);
const all = [...open(index).entries()];

describe('a layer index', () => {
  it('gives each path by itself, all from any on, in order', () => {
    const read = open(index);
    expect(all.length).toBe(read.entryCount);
    expect(all.length).toBe(1500 + 8);
    for (const [i, entry] of all.entries()) {
      expect(read.lookup(entry.path)).toEqual(entry);
      const before = all[i - 1];
      if (before !== undefined) expect(compareTreeOrder(before.path, entry.path)).toBeLessThan(0);
      if (i % 50 === 0) expect([...read.entries(entry.path)]).toEqual(all.slice(i));
    }
    expect(read.lookup(bytes('some'))).toBeUndefined();
    expect(read.lookup(bytes('zzz'))).toBeUndefined();
    expect(read.lookup(bytes(''))).toBeUndefined();
    expect([...read.entries(bytes('some'))].length).toBe(1501);
    expect([...read.entries(bytes('zzz'))]).toEqual([]);
    expect(read.dataSize).toBe(4 + 1000 + Array.from({ length: 1500 }, (_, i) => `${i}`).join('').length);
  });

  it('keeps everything that an inode has', () => {
    const read = open(index);
    const inode = (path: string) => {
      const what = read.lookup(bytes(path))?.what;
      return what?.type === 'inode' ? what.inode : undefined;
    };
    expect(inode('dev')).toMatchObject({ kind: 'character', deviceMajor: 5, deviceMinor: 1, size: 0 });
    expect(inode('attributes')).toMatchObject({ mtimeSec: 0, links: 2, size: 4 });
    expect(inode('hard')).toEqual(inode('attributes'));
    expect(inode('attributes')?.xattrs).toEqual(new Map([['user.a', Buffer.from('value')]]));
    const sparse = inode('sparse');
    expect(sparse?.data.map(({ fileOffset, length }) => [fileOffset, length])).toEqual([
      [5, 2],
      [100, 3],
    ]);
    expect(tar.toString('latin1', sparse?.data[1]?.blobOffset, (sparse?.data[1]?.blobOffset ?? 0) + 3)).toBe('cde');
    expect(new Set(all.map((entry) => numberOf(entry))).size).toBe(read.inodeCount + 1);
  });

  it('does not depend on how the tar is cut', () => {
    expect(indexOf(tar)).toEqual(index);
  });

  it('is small', () => {
    expect(index.length / all.length).toBeLessThan(40);
  });

  it('of an empty layer has nothing', () => {
    const { index: empty } = layerOf(rawTar([]));
    expect([...empty.entries()]).toEqual([]);
    expect(empty.lookup(bytes(''))).toBeUndefined();
    expect(empty.lookup(bytes('a'))).toBeUndefined();
  });
});

describe('a damaged layer index', () => {
  const readAll = (file: Uint8Array) => {
    const read = open(file);
    const entries = [...read.entries()];
    for (let i = 0; i < entries.length; i += 97) expect(read.lookup(all[i]?.path ?? bytes(''))).toEqual(all[i]);
    return entries;
  };
  const named = (file: Uint8Array): boolean => {
    try {
      expect(readAll(file)).toEqual(all);
      return false;
    } catch (error) {
      if (isFirekilnError(error, 'LAYER_INDEX_DAMAGED') || isFirekilnError(error, 'LAYER_INDEX_VERSION')) return true;
      throw error;
    }
  };

  it('is found wherever a bit is wrong', () => {
    fc.assert(
      fc.property(fc.nat(index.length * 8 - 1), (bit) => {
        const damaged = Buffer.from(index);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(named(damaged)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is found wherever it is cut or goes on', () => {
    fc.assert(
      fc.property(fc.nat(index.length - 1), (length) => {
        expect(named(index.subarray(0, length))).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(named(Buffer.concat([index, Buffer.alloc(1)]))).toBe(true);
    expect(named(Buffer.alloc(200))).toBe(true);
  });

  it('is refused for another layer, and for another format by name', () => {
    expect(() => openLayerIndex(bytesAccess(index), { ...expected, diffId: sha256('other') })).toThrow(
      /it was made for layer/,
    );
    expect(() => openLayerIndex(bytesAccess(index), { ...expected, size: 1 })).toThrow(/it was made for layer/);
    const newer = Buffer.from(index);
    newer.writeUInt32LE(2, 8);
    expect(() => open(newer)).toThrow(expect.objectContaining({ code: 'LAYER_INDEX_VERSION' }));
  });
});

function numberOf({ what }: LayerEntry): number | undefined {
  return what.type === 'inode' ? what.inode.number : undefined;
}
