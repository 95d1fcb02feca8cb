import { textOf } from '../../../src/base/byte-string.ts';
import type { CaseExpectation, ExpectedEntry } from '../build-corpus.ts';
import { factsOfTree, type TreeFacts } from '../facts-of-tree.ts';

type Built = Extract<CaseExpectation, { fails: false }>;
type FactsSource = Parameters<typeof factsOfTree>[0];

/** What a tree has against its base, in the form of the corpora, as far as `expected` tells of it. */
export function differencesFrom(
  base: FactsSource | undefined,
  tree: FactsSource,
  expected: Built,
): { readonly entries: Readonly<Record<string, ExpectedEntry>>; readonly removed: readonly string[] } {
  const before = factsByPath(base);
  const after = factsByPath(tree);
  const entries: Record<string, ExpectedEntry> = {};
  for (const [path, facts] of after) {
    const wanted = expected.entries[path];
    const old = before.get(path);
    const isSame = old !== undefined && JSON.stringify(entryOf(old)) === JSON.stringify(entryOf(facts));
    if (wanted === undefined && isSame) continue;
    const entry = entryOf(facts);
    entries[path] = wanted?.mtime === undefined ? entry : { ...entry, mtime: facts.mtimeSec };
  }
  return { entries, removed: [...before.keys()].filter((path) => !after.has(path)) };
}

function factsByPath(tree: FactsSource | undefined): Map<string, TreeFacts> {
  const facts = tree === undefined ? [] : factsOfTree(tree).filter(({ path }) => path !== '');
  return new Map(facts.map((it) => [`/${textOf(it.path)}`, it]));
}

const types = {
  directory: 'dir',
  file: 'file',
  symlink: 'symlink',
  character: 'char',
  block: 'block',
  fifo: 'fifo',
} as const;

/** In the form of the corpora. */
export function entryOf(facts: TreeFacts): ExpectedEntry {
  const { kind, path, firstName, mode, uid, gid, size, sha256, linkTarget, xattrs, deviceMajor, deviceMinor } = facts;
  if (firstName !== path) return { type: 'hardlink', target: `/${textOf(firstName)}` };
  const isDevice = kind === 'character' || kind === 'block';
  return {
    type: types[kind as keyof typeof types],
    ...(kind === 'symlink' ? {} : { mode: mode.toString(8).padStart(4, '0') }),
    uid,
    gid,
    ...(kind === 'file' ? { size, sha256: sha256 ?? '' } : {}),
    ...(linkTarget === undefined ? {} : { target: Buffer.from(linkTarget, 'latin1').toString() }),
    ...(Object.keys(xattrs).length === 0
      ? {}
      : {
          xattrs: Object.fromEntries(
            Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value, 'hex').toString()]),
          ),
        }),
    ...(isDevice ? { dev: [deviceMajor ?? 0, deviceMinor ?? 0] as const } : {}),
  };
}
