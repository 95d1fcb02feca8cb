import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryLayerBuilder } from '../../../../src/formats/layer-index/memory-layer.ts';
import { mergeLayers } from '../../../../src/formats/tree/merged-tree.ts';
import { unpackTree } from '../../../../src/images/export/unpack-tree.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const asRoot = process.getuid?.() === 0;

async function unpack(layer: MemoryLayerBuilder): Promise<string> {
  const place = join(folder.path, 'tree');
  await mkdir(place);
  await unpackTree(mergeLayers([layer.build()]), place, { asRoot });
  return place;
}

describe('a tree of the host', () => {
  it('has pipes of any name', async () => {
    const name = Buffer.from([0x64, 0x2f, 0xff, 0x0a]);
    const place = await unpack(new MemoryLayerBuilder().folder('d').special(name, 'fifo'));
    const names = await readdir(join(place, 'd'), { encoding: 'buffer' });
    expect(names.map((it) => it.toString('hex'))).toEqual(['ff0a']);
    expect(await readdir(folder.path)).toEqual(['tree']);
  });

  it('has no paths that the host can not reach', async () => {
    const deep = Array.from({ length: 15 }, () => 'd'.repeat(255)).join('/');
    // As long as a path of a layer may be; before it stands that of the folder.
    await expect(unpack(new MemoryLayerBuilder().file(`${deep}/${'f'.repeat(240)}`, ''))).rejects.toMatchObject({
      code: 'EXPORT_PLACE',
      hint: expect.stringContaining('-o type=tar') as string,
    });
  });
});
