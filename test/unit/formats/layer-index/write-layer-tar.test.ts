import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteString, byteStringFromText } from '../../../../src/base/byte-string.ts';
import { MemoryLayerBuilder } from '../../../../src/formats/layer-index/memory-layer.ts';
import { layerTar, readFromBlob, treeTar } from '../../../../src/formats/layer-index/write-layer-tar.ts';
import { mergeLayers } from '../../../../src/formats/tree/merged-tree.ts';
import type { LayerContent } from '../../../../src/formats/tree/tree.ts';
import { anyTree } from '../../../support/any-tree.ts';
import { factsOfTree } from '../../../support/facts-of-tree.ts';
import { describeEntries, layerOf } from '../../../support/layer-of.ts';
import { readAll } from '../../../support/read-all.ts';
import { membersOf } from '../../../support/tar-members.ts';

const tarOf = (layer: LayerContent, options = {}) =>
  readAll(layerTar(layer.index.entries(), readFromBlob(layer.data), options));

it('writes trees that read back as they were, and the same bytes each time', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, async (tree) => {
      const tar = await readAll(treeTar(tree));
      expect(await readAll(treeTar(tree))).toEqual(tar);
      const isRoot = ({ path }: { path: string }) => path === '';
      const expected = factsOfTree(tree)
        .filter(({ kind }) => kind !== 'socket')
        .map((facts) => ({
          ...facts,
          mode: facts.kind === 'symlink' ? 0o777 : facts.mode,
          xattrs: Object.fromEntries(Object.entries(facts.xattrs).filter(([name]) => !name.includes('overlay'))),
        }));
      const found = factsOfTree(mergeLayers([layerOf(tar, { zeroDevices: 'whiteout' })]));
      const devices = (kind: string, major = 0, minor = 0) => kind === 'character' && major === 0 && minor === 0;
      expect(found.filter((facts) => !isRoot(facts))).toEqual(
        expected.filter((facts) => !isRoot(facts) && !devices(facts.kind, facts.deviceMajor, facts.deviceMinor)),
      );
    }),
  );
});

it('keeps markers, links and holes of a layer', async () => {
  const layer = new MemoryLayerBuilder()
    .folder('', { mode: 0o1777, mtimeSec: 5 })
    .folder('kept', { mode: 0o700 })
    .opaque('kept')
    .file('kept/in', 'x')
    .whiteout('gone')
    .whiteout('kept/gone')
    .opaque('only-emptied')
    .file(
      'a',
      { size: 10_000, pieces: [{ fileOffset: 4096, bytes: Buffer.from('data') }] },
      { mtimeSec: -3, mtimeNsec: 7 },
    )
    .hardLink('b', 'a', { mtimeSec: -3, mtimeNsec: 7 })
    .hardLink('c', 'kept/in', { mode: 0o4711 })
    .hardLink('d', 'lower/file')
    .symlink('s', 'a')
    .build();
  const again = layerOf(await tarOf(layer));
  expect(describeEntries(again.index.entries())).toEqual(describeEntries(layer.index.entries()));
  const lower = new MemoryLayerBuilder().file('lower/file', 'low').build();
  expect(factsOfTree(mergeLayers([lower, again]))).toEqual(factsOfTree(mergeLayers([lower, layer])));
});

it('brings times down to a ceiling, but not up', async () => {
  const layer = new MemoryLayerBuilder()
    .file('early', '', { mtimeSec: 99, mtimeNsec: 5 })
    .file('at', '', { mtimeSec: 100, mtimeNsec: 5 })
    .file('late', '', { mtimeSec: 101 })
    .build();
  const members = membersOf(await tarOf(layer, { clampTime: 100 }));
  expect(members.map(({ path, mtimeSec, mtimeNsec }) => [path, mtimeSec, mtimeNsec])).toEqual([
    ['at', 100, 0],
    ['early', 99, 5],
    ['late', 100, 0],
  ]);
});

it('refuses names that are markers', async () => {
  const entries = [...new MemoryLayerBuilder().file('d/.wh.x', '').build().index.entries()];
  await expect(readAll(layerTar(entries, () => []))).rejects.toMatchObject({
    code: 'LAYER_NAME_RESERVED',
    message: expect.stringContaining('/d/.wh.x'),
  });
});

it.each([
  ['shorter', 'ab'],
  ['longer', 'abcd'],
])('refuses a file that became %s', async (_, content) => {
  const entries = [...new MemoryLayerBuilder().file('d/f', 'abc').build().index.entries()];
  await expect(readAll(layerTar(entries, () => [Buffer.from(content)]))).rejects.toMatchObject({
    code: 'TAR_INPUT_CHANGED',
    message: expect.stringContaining('/d/f'),
  });
});

it('stops when told to, and closes what it reads', async () => {
  const controller = new AbortController();
  let closed = false;
  async function* content() {
    try {
      for (;;) yield Buffer.alloc(100_000);
    } finally {
      closed = true;
    }
  }
  const size = 1e12;
  const file = new MemoryLayerBuilder().file('f', { size, pieces: [] }).build();
  const chunks = layerTar(file.index.entries(), content, { signal: controller.signal });
  expect((await chunks.next()).done).toBe(false);
  controller.abort();
  await expect(chunks.next()).rejects.toMatchObject({ code: 'ABORTED' });
  expect(closed).toBe(true);
});

it('has a place for every length of name', async () => {
  for (const length of [98, 99, 100, 101, 154, 155, 156, 255]) {
    for (const parents of ['', 'p', 'q'.repeat(50), 'r'.repeat(99), 'r'.repeat(155), 's/'.repeat(200).slice(0, -1)]) {
      for (const unit of ['n', '\u{e9}']) {
        const name = unit.repeat(length).slice(0, 255);
        const path = byteStringFromText(parents === '' ? name : `${parents}/${name}`);
        if (byteStringFromText(name).length > 255) continue;
        for (const kind of ['folder', 'file'] as const) {
          const builder = new MemoryLayerBuilder();
          const bytes = Buffer.from(path, 'latin1');
          const layer = kind === 'folder' ? builder.folder(bytes).build() : builder.file(bytes, '').build();
          const [member] = membersOf(await tarOf(layer)).slice(-1);
          expect(member?.path).toBe(kind === 'folder' ? `${path}/` : path);
        }
      }
    }
  }
  const odd = byteString(Uint8Array.from([0x61, 0xff, 0xfe]));
  const layer = new MemoryLayerBuilder().file(Buffer.from(odd, 'latin1'), '').build();
  expect(membersOf(await tarOf(layer)).map(({ path }) => path)).toEqual([odd]);
});
