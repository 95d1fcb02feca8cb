import { type ByteString, textOf } from '../base/byte-string.ts';
import type { Digest } from '../base/digest.ts';
import type { InodeMeta, LayerEntry } from '../formats/tree/entry.ts';
import type { LayerContent } from '../formats/tree/tree.ts';
import { compareTreeOrder } from '../formats/tree/tree-order.ts';
import type { Store } from '../store/store.ts';
import { contentDifference } from './content-difference.ts';

/** A path that two layers say different things of. */
export interface LayerDifference {
  /** Absolute. */
  readonly path: string;
  /** For people, such as `mode is 0644, and 0755 the second time`. */
  readonly text: string;
}

/** How two layers differ, in tree order, up to `limit` paths. */
export async function layerDifferences(
  store: Store,
  first: Digest,
  second: Digest,
  limit: number,
): Promise<readonly LayerDifference[]> {
  using a = await store.layers.open(first);
  using b = await store.layers.open(second);
  const found: LayerDifference[] = [];
  for (const { path, before, after } of pairs(a, b)) {
    if (found.length === limit) break;
    const texts = entryDifferences(before, after, a, b);
    if (texts.length > 0) found.push({ path: `/${textOf(path)}`, text: texts.join('; ') });
  }
  return found;
}

interface Pair {
  readonly path: ByteString;
  readonly before: LayerEntry['what'] | undefined;
  readonly after: LayerEntry['what'] | undefined;
}

/** The entries of two layers, those of the same path together. */
function* pairs(a: LayerContent, b: LayerContent): Generator<Pair> {
  const left = a.index.entries();
  const right = b.index.entries();
  let x = left.next();
  let y = right.next();
  while (x.done !== true || y.done !== true) {
    const order = x.done === true ? 1 : y.done === true ? -1 : compareTreeOrder(x.value.path, y.value.path);
    const before: LayerEntry | undefined = order <= 0 ? x.value : undefined;
    const after: LayerEntry | undefined = order >= 0 ? y.value : undefined;
    const path = before?.path ?? after?.path;
    if (path !== undefined) yield { path, before: before?.what, after: after?.what };
    if (order <= 0) x = left.next();
    if (order >= 0) y = right.next();
  }
}

function entryDifferences(
  before: Pair['before'],
  after: Pair['after'],
  a: LayerContent,
  b: LayerContent,
): readonly string[] {
  if (before === undefined) return ['it is there the second time only'];
  if (after === undefined) return ['it is there the first time only'];
  if (before.type !== 'inode' || after.type !== 'inode') {
    return [...changed('it', nameOf(before), nameOf(after))];
  }
  const [x, y] = [before.inode, after.inode];
  if (x.kind !== y.kind) return [...changed('it', `a ${x.kind}`, `a ${y.kind}`)];
  return [
    ...changed('content', ...contentDifference({ inode: x, layer: a }, { inode: y, layer: b })),
    ...changed('target', textOfTarget(x), textOfTarget(y)),
    ...changed('mode', octal(x), octal(y)),
    ...changed('owner', `${x.uid}:${x.gid}`, `${y.uid}:${y.gid}`),
    ...changed('mtime', timeOf(x), timeOf(y)),
    ...changed('device', `${x.deviceMajor}:${x.deviceMinor}`, `${y.deviceMajor}:${y.deviceMinor}`),
    ...changed('extended attributes', attributesOf(x), attributesOf(y)),
    ...changed('number of names', String(x.links), String(y.links)),
    ...changed('folder', String(before.opaque), String(after.opaque)).map(
      () => 'it empties the folder below once only',
    ),
  ];
}

function changed(what: string, first: string, second: string): readonly string[] {
  return first === second ? [] : [`${what} is ${first} the first time, ${second} the second`];
}

function nameOf(what: LayerEntry['what']): string {
  if (what.type === 'inode') return `a ${what.inode.kind}`;
  if (what.type === 'external-link') return `a link to /${textOf(what.target)}`;
  return what.type === 'whiteout' ? 'removed' : 'an emptied folder';
}

function textOfTarget({ linkTarget }: InodeMeta): string {
  return linkTarget === undefined ? '' : textOf(linkTarget);
}

function octal({ mode }: InodeMeta): string {
  return `0${mode.toString(8)}`;
}

function timeOf({ mtimeSec, mtimeNsec }: InodeMeta): string {
  return `${mtimeSec}.${String(mtimeNsec).padStart(9, '0')}`;
}

function attributesOf({ xattrs }: InodeMeta): string {
  const list = [...(xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return list.map(([name, value]) => `${textOf(name)}=0x${Buffer.from(value).toString('hex')}`).join(' ') || 'none';
}
