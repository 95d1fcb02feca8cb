import pLimit from 'p-limit';
import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { type Digest, Digester, sha256 } from '../../base/digest.ts';
import type { FileSource, SourceNode } from '../../source/file-source.ts';
import type { PathFilter } from '../../source/path-filter.ts';
import { childOf } from './paths.ts';
import type { SelectedSource } from './select-sources.ts';

export interface ContentFilters {
  readonly include: PathFilter | undefined;
  readonly exclude: PathFilter | undefined;
  readonly signal: AbortSignal;
}

export interface ContentDigest {
  readonly digest: Digest;
  /** The digest of each path by its name, so that a change can be told of; empty if there are too many. */
  readonly paths: ReadonlyMap<string, Digest>;
}

/** Paths whose digests are kept: those of a key are stored with each result. */
const maxPaths = 200;

/** Files read at once. */
const readConcurrency = 8;

/**
 * The digest of what a copy takes: names, kinds, modes, owners, attributes, link targets, data, and which names are hard
 * links of one file; not the times, as BuildKit's contenthash.
 */
export async function contentDigest(
  from: FileSource,
  selected: readonly SelectedSource[],
  { include, exclude, signal }: ContentFilters,
): Promise<ContentDigest> {
  const limit = pLimit(readConcurrency);
  const lines: Promise<readonly unknown[]>[] = [];
  const firstNames = new Map<number | string, string>();

  const add = (node: SourceNode, name: string) => {
    const { kind, mode, uid, gid, linkTarget, deviceMajor, deviceMinor } = node;
    const xattrs = [...(node.xattrs ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    const isLinked = kind === 'file' && node.links > 1;
    const first = isLinked ? firstNames.get(node.identity) : undefined;
    if (isLinked && first === undefined) firstNames.set(node.identity, name);
    const facts = [name, kind, mode, uid, gid, linkTarget, deviceMajor, deviceMinor, xattrs, first];
    if (kind !== 'file' || first !== undefined) lines.push(Promise.resolve(facts));
    else lines.push(limit(async () => [...facts, await node.digest(signal)]));
  };

  const walk = (node: SourceNode, path: ByteString, relative: ByteString, name: string, states: readonly unknown[]) => {
    const isInside = relative !== '';
    const included = isInside && include !== undefined ? include.match(relative, states[0]) : undefined;
    const excluded = isInside && exclude !== undefined ? exclude.match(relative, states[1]) : undefined;
    const isWanted = (included?.matches ?? true) && !(excluded?.matches ?? false);
    const isClosed = excluded?.matches === true && exclude?.hasExceptions !== true;
    if (isWanted) add(node, name);
    if (node.kind !== 'directory' || isClosed) return;
    // May be copied for the sake of what is in it.
    if (!isWanted) add(node, `${name}?`);
    for (const child of from.names(path)) {
      const at = childOf(path, child);
      const below = from.lookup(at);
      if (below === undefined) continue;
      walk(below, at, childOf(relative, child), `${name}/${child}`, [included?.state, excluded?.state]);
    }
  };

  for (const { path, resolved, node } of selected) walk(node, resolved, emptyByteString, path, []);
  const digester = new Digester();
  const paths = new Map<string, Digest>();
  const settled = await Promise.allSettled(lines);
  for (const line of settled) {
    if (line.status === 'rejected') throw line.reason;
    const text = `${JSON.stringify(line.value)}\n`;
    digester.update(text);
    const [name] = line.value;
    if (settled.length <= maxPaths) paths.set(textOf(name as ByteString), sha256(text));
  }
  return { digest: digester.digest(), paths };
}
