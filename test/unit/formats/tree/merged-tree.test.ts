import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../../../src/base/byte-string.ts';
import { MemoryLayerBuilder } from '../../../../src/formats/layer-index/memory-layer.ts';
import type { TreeEntry } from '../../../../src/formats/tree/entry.ts';
import { fileChunks } from '../../../../src/formats/tree/file-data.ts';
import { mergeLayers } from '../../../../src/formats/tree/merged-tree.ts';
import { segmentView } from '../../../../src/formats/tree/segment-view.ts';
import type { LayerContent, Tree } from '../../../../src/formats/tree/tree.ts';
import {
  applyOps,
  BrokenLink,
  emptyRoot,
  listing,
  type Merged,
  type Op,
  overlay,
} from '../../../support/layer-model.ts';

const bytes = (text: string) => text as ByteString;

const name = fc.constantFrom('a', 'b', 'a.b', 'a-');
const path = fc.array(name, { minLength: 0, maxLength: 3 }).map((parts) => parts.join('/'));
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('folder' as const), path, mode: fc.constantFrom(0o700, 0o711, 0o1777) }),
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('file' as const), path, content: fc.constantFrom('x', 'yy', '') }),
  },
  fc.record({ op: fc.constant('link' as const), path, target: path }),
  fc.record({ op: fc.constant('whiteout' as const), path }),
  fc.record({ op: fc.constant('opaque' as const), path }),
);
const chains = fc.array(fc.array(op, { maxLength: 8 }), { minLength: 1, maxLength: 5 });

/** The layers, and what the model makes of each start of the chain; undefined from where a link is broken. */
function build(chain: readonly (readonly Op[])[]): { layers: LayerContent[]; states: (Merged | undefined)[] } {
  const states: (Merged | undefined)[] = [emptyRoot];
  const layers = chain.map((ops) => {
    const builder = new MemoryLayerBuilder();
    const upper = applyOps(ops, builder);
    const below = states.at(-1);
    try {
      states.push(below === undefined ? undefined : overlay(below, upper, below));
    } catch (error) {
      if (!(error instanceof BrokenLink)) throw error;
      states.push(undefined);
    }
    return builder.build();
  });
  return { layers, states };
}

function show(tree: Pick<Tree, 'layers'>, entries: Iterable<TreeEntry>): string[] {
  const firstNames = new Map<number, string>();
  return [...entries].map(({ path: at, inode }) => {
    if (inode.kind === 'directory') return `${at} ${inode.mode.toString(8)}`;
    const first = firstNames.get(inode.key) ?? at;
    firstNames.set(inode.key, first);
    const content = Buffer.concat([...fileChunks(tree, inode)].map((chunk) => Buffer.from(chunk)));
    return `${at} =${content.toString()} #${first}`;
  });
}

const withoutLinks = (lines: readonly string[]) => lines.map((line) => line.replace(/ #.*/, ''));

describe('a merged tree', () => {
  it('is what the layers give one after the other', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const { layers, states } = build(chain);
        const tree = mergeLayers(layers);
        const expected = states.at(-1);
        if (expected === undefined) return;
        const lines = listing(expected);
        expect(show(tree, tree.walk())).toEqual(lines);
        for (const entry of tree.walk()) {
          expect(tree.lookup(entry.path)).toEqual(entry);
          const inside = [...tree.walk()].filter(
            ({ path: at }) => at.startsWith(`${entry.path}/`) || entry.path === '',
          );
          if (entry.path !== '') expect([...tree.walk(entry.path)]).toEqual([entry, ...inside]);
          const depth = entry.path === '' ? 1 : entry.path.split('/').length + 1;
          const children = inside.filter(({ path: at }) => at !== '' && at.split('/').length === depth);
          expect([...tree.children(entry.path)]).toEqual(children);
        }
        expect(tree.lookup(bytes('a/a/a/a'))).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('finds the same where the chain without its topmost layer was looked at before', () => {
    const names = ['a', 'b', 'a.b', 'a-'];
    const two = names.flatMap((a) => names.map((b) => `${a}/${b}`));
    const paths = ['', ...names, ...two, ...two.flatMap((a) => names.map((b) => `${a}/${b}`))].map(bytes);
    fc.assert(
      fc.property(chains, fc.nat(4), (chain, skipped) => {
        const { layers, states } = build(chain);
        if (states.at(-1) === undefined) return;
        for (let count = 1; count <= layers.length; count++) {
          if (count === skipped) continue;
          const tree = mergeLayers(layers.slice(0, count));
          const walked = new Map([...tree.walk()].map((entry) => [entry.path, entry]));
          for (const at of paths) expect(tree.lookup(at)).toEqual(walked.get(at));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same as its segments laid over one another', () => {
    fc.assert(
      fc.property(chains, fc.nat(4), (chain, cut) => {
        const { layers, states } = build(chain);
        const expected = states.at(-1);
        if (expected === undefined) return;
        const from = cut % layers.length;
        const below = states[from];
        if (below === undefined) return;
        const view = segmentView(layers, from, layers.length);
        const seen = overlaySegment(from === 0 ? undefined : below, view);
        expect(withoutLinks(listing(seen))).toEqual(withoutLinks(listing(expected)));
        expect(from > 0 || view.resolved().length === 0).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('names a hard link that leads nowhere', () => {
    const layer = new MemoryLayerBuilder().hardLink('a', 'b').build();
    expect(() => [...mergeLayers([layer]).walk()]).toThrow(expect.objectContaining({ code: 'LAYER_LINK_BROKEN' }));
  });

  it('gives a hard link into a layer below the inode that was there then', () => {
    const first = new MemoryLayerBuilder().file('x/old', 'one').build();
    const second = new MemoryLayerBuilder().hardLink('y', 'x/old').build();
    const third = new MemoryLayerBuilder().file('x/old', 'two').build();
    const two = mergeLayers([first, second]);
    expect(two.lookup(bytes('y'))?.inode.key).toBe(two.lookup(bytes('x/old'))?.inode.key);
    const three = mergeLayers([first, second, third]);
    expect(show(three, three.walk())).toEqual([' 755', 'x 755', 'x/old =two #x/old', 'y =one #y']);
  });
});

/** What overlayfs shows: whiteouts only hide in folders that are merged; everywhere else one would be seen. */
function overlaySegment(below: Merged | undefined, view: ReturnType<typeof segmentView>): Merged {
  const entries = [...view.entries()];
  const root = entries[0];
  if (root?.type !== 'inode' || root.path !== '') throw new Error('no root');
  const at = new Map<string, { merged: Merged; lower: Merged | undefined }>();
  for (const entry of entries) {
    const slash = entry.path.lastIndexOf('/');
    const parent = entry.path === '' ? undefined : at.get(slash === -1 ? '' : entry.path.slice(0, slash));
    if (entry.path !== '' && parent === undefined) throw new Error(`${entry.path} comes before its folder`);
    const own = entry.path.slice(slash + 1);
    const lower = entry.path === '' ? below : parent?.lower?.children.get(own);
    if (entry.type === 'whiteout') {
      if (parent?.lower === undefined || lower === undefined) throw new Error(`a visible whiteout at ${entry.path}`);
      parent.merged.children.delete(own);
      continue;
    }
    const { inode } = entry;
    if (inode.kind === 'directory') {
      const shown = entry.opaque || lower?.file !== undefined ? undefined : lower;
      const merged: Merged = { mode: inode.mode, file: undefined, children: new Map(shown?.children ?? []) };
      parent?.merged.children.set(own, merged);
      at.set(entry.path, { merged, lower: shown });
    } else {
      const content = Buffer.concat([...fileChunks(view, inode)].map((chunk) => Buffer.from(chunk))).toString();
      parent?.merged.children.set(own, { mode: undefined, file: { content }, children: new Map() });
    }
  }
  const top = at.get('');
  if (top === undefined) throw new Error('no root');
  return top.merged;
}
