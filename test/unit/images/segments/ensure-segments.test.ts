import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Digest } from '../../../../src/base/digest.ts';
import { silentEmitter } from '../../../../src/base/events.ts';
import type { Segment } from '../../../../src/images/image.ts';
import { ensureSegments } from '../../../../src/images/segments/ensure-segments.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import { expectClean, readWithDebugfs } from '../../../support/ext4-judges.ts';
import { type RawMember, rawTar } from '../../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { describeWithTools } from '../../../support/tools.ts';

const folder = useTemporaryFolder();
const options = { maxSegments: 16, emitter: silentEmitter };

const dir = (name: string, mode = '0000755\0'): RawMember => ({ name, typeFlag: '5', fields: { mode } });
const file = (name: string, text = name): RawMember => ({ name, data: Buffer.from(text) });
const link = (name: string, linkName: string): RawMember => ({ name, typeFlag: '1', linkName });

async function putLayers(store: Store, ...layers: readonly (readonly RawMember[])[]): Promise<Digest[]> {
  const diffIds: Digest[] = [];
  for (const members of layers) diffIds.push((await store.layers.put([rawTar(members)])).diffId);
  return diffIds;
}

/** Path to what debugfs finds, short: `d755`, `c0:0`, `f644`, opaque folders with `!`. */
async function shown({ path }: Segment): Promise<Record<string, string>> {
  await expectClean(path);
  const letters: Readonly<Record<number, string>> = { 2: 'c', 4: 'd', 8: 'f' };
  const found: Record<string, string> = {};
  for (const [name, { mode, content, xattrs }] of await readWithDebugfs(path)) {
    const opaque = xattrs['trusted.overlay.opaque'] === 'y' ? '!' : '';
    const device = mode >>> 12 === 2 ? content : (mode & 0o7777).toString(8);
    found[name] = `${letters[mode >>> 12]}${device}${opaque}`;
  }
  return found;
}

describeWithTools(['e2fsck', 'debugfs'], 'segments', () => {
  it('are ext4 images that overlayfs understands', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const layers = await putLayers(
      store,
      [dir('tmp/', '0001777\0'), dir('a/'), file('a/one'), file('a/two'), dir('b/', '0000700\0'), file('b/x')],
      [file('a/.wh.one', ''), file('a/.wh.never', ''), file('tmp/new'), dir('b/'), file('b/.wh..wh..opq', '')],
      [link('tmp/two', 'a/two')],
    );
    const segments = await ensureSegments(store, layers, options);
    expect(segments.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    const [bottom, middle, top] = await Promise.all(segments.map(shown));
    expect(bottom).toEqual({
      '': 'd755',
      tmp: 'd1777',
      a: 'd755',
      'a/one': 'f644',
      'a/two': 'f644',
      b: 'd700',
      'b/x': 'f644',
    });
    // What is not there below needs no whiteout; /tmp keeps the mode that only the layer below knows.
    expect(middle).toEqual({ '': 'd755', tmp: 'd1777', 'tmp/new': 'f644', a: 'd755', 'a/one': 'c0:0', b: 'd755!' });
    expect(top).toEqual({ '': 'd755', tmp: 'd1777', 'tmp/two': 'f644' });

    const again = await ensureSegments(store, layers, options);
    expect(again).toEqual(segments);
    const [joined] = await ensureSegments(store, layers, { ...options, maxSegments: 1 });
    if (joined === undefined) throw new Error('no segment');
    expect(joined).toMatchObject({ from: 0, to: 3 });
    expect(await shown(joined)).toEqual({
      '': 'd755',
      tmp: 'd1777',
      'tmp/new': 'f644',
      'tmp/two': 'f644',
      a: 'd755',
      'a/two': 'f644',
      b: 'd755',
    });
  });

  it('are shared by chains that give them the same below, and only by those', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const [open, closed, other, top] = await putLayers(
      store,
      [dir('tmp/', '0001777\0')],
      [dir('tmp/', '0000700\0')],
      [dir('tmp/', '0001777\0'), file('else')],
      [file('tmp/x')],
    );
    if (open === undefined || closed === undefined || other === undefined || top === undefined) throw new Error();
    const topOf = async (base: Digest) => (await ensureSegments(store, [base, top], options)).at(-1)?.path;
    const path = await topOf(open);
    expect(await topOf(other)).toBe(path);
    expect(await topOf(closed)).not.toBe(path);
    expect(await store.artifacts.list('segment')).toHaveLength(5);
  });

  it('a chain without layers is an empty file system', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const [segment] = await ensureSegments(store, [], options);
    if (segment === undefined) throw new Error('no segment');
    expect(segment).toMatchObject({ from: 0, to: 0 });
    expect(await shown(segment)).toEqual({ '': 'd755' });
    expect((await stat(segment.path)).size % 4096).toBe(0);
  });

  it('one who gives up takes nothing from those who wait for the same', async () => {
    await using store = await openStore({ dataDir: join(folder.path, 'x') });
    const members = Array.from({ length: 10_000 }, (_, i) => file(`f${i}`, ''));
    const layers = await putLayers(store, members);
    const controller = new AbortController();
    const first = ensureSegments(store, layers, { ...options, signal: controller.signal });
    const second = ensureSegments(store, layers, options);
    setTimeout(() => controller.abort(), 5);
    const [gone, [made]] = await Promise.all([first.catch((error: unknown) => error), second]);
    expect(made?.path).toBe(await store.artifacts.find('segment', made?.key ?? 'sha256:'));
    if (!Array.isArray(gone)) expect(gone).toMatchObject({ code: 'ABORTED' });
  });
});
