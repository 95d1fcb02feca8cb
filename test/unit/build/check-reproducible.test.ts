import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

describe('--check-reproducible', () => {
  const folder = useTemporaryFolder();
  let bed: BuildBed;
  beforeEach(async () => {
    bed = await openBuildBed(folder.path);
    bed.images.set('base', [new MemoryLayerBuilder().file('etc/os', 'one').build()]);
  });
  afterEach(async () => await bed[Symbol.asyncDispose]());

  const checkReproducible = true;
  const sourceDateEpoch = 1_700_000_000;
  const messages = () => bed.events.flatMap((it) => (it.event === 'message' ? [it.text] : []));

  it('builds everything again, and says that it is the same', async () => {
    const dockerfile = 'FROM base\nWORKDIR /w\nCOPY a .\nRUN write made text\n';
    const plain = await bed.buildText(dockerfile, { a: 'a' }, { sourceDateEpoch });
    const checked = await bed.buildText(dockerfile, { a: 'a' }, { sourceDateEpoch, checkReproducible });
    expect(checked.id).toBe(plain.id);
    expect(bed.executor.runs).toEqual([['write made text'], ['write made text']]);
    expect(messages()).toContain('reproducible: 4 layers are the same when they are built again');
  });

  it('names step, line, first file and what differs; nothing is tagged, and the cache keeps the first result', async () => {
    const dockerfile = 'FROM base\nCOPY a /\nRUN count made/number\nCOPY a /b\n';
    const request = { sourceDateEpoch, checkReproducible, tags: ['app:1'] };
    await expect(bed.buildText(dockerfile, { a: 'a' }, request)).rejects.toMatchObject({
      code: 'NOT_REPRODUCIBLE',
      message:
        '[3/4] RUN count made/number gives something else when it is built again: /made/number: ' +
        'content is "1" at byte 4 the first time, "2" the second; mode is 0600 the first time, 0644 the second',
      source: { ranges: [{ startLine: 3, endLine: 3 }] },
    });
    expect(await bed.store.images.list()).toEqual([]);
    const { layers } = await bed.buildText(dockerfile, { a: 'a' }, { sourceDateEpoch });
    expect(bed.told('started')).toEqual([]);
    using opened = await bed.openTree(layers);
    const file = [...opened.tree.walk()].find(({ path }) => path === 'made/number');
    expect(file?.inode.mode).toBe(0o600);
  });

  it('says that new files have other times without SOURCE_DATE_EPOCH', async () => {
    await expect(bed.buildText('FROM base\nWORKDIR /w\n', {}, { checkReproducible })).rejects.toMatchObject({
      code: 'NOT_REPRODUCIBLE',
      message: expect.stringMatching(/WORKDIR \/w gives .*: \/w: mtime is [0-9.]+ the first time, [0-9.]+ the second$/),
      hint: expect.stringContaining('SOURCE_DATE_EPOCH'),
    });
  });
});
