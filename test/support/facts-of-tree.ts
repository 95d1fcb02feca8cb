import { createHash } from 'node:crypto';
import type { ByteString } from '../../src/base/byte-string.ts';
import type { RandomAccess } from '../../src/formats/io/random-access.ts';
import type { InodeMeta, TreeEntry } from '../../src/formats/tree/entry.ts';
import { fileChunks } from '../../src/formats/tree/file-data.ts';

interface AnyTree {
  readonly layers: readonly { readonly data: RandomAccess }[];
  walk(): IterableIterator<TreeEntry>;
}

/** Everything that can be told of a path of a tree, in plain form; hard links by the first of their names. */
export interface TreeFacts extends Omit<InodeMeta, 'xattrs' | 'linkTarget'> {
  readonly path: ByteString;
  readonly linkTarget: string | undefined;
  readonly xattrs: Readonly<Record<string, string>>;
  readonly sha256: string | undefined;
  readonly firstName: ByteString;
}

export function factsOfTree(tree: AnyTree): TreeFacts[] {
  const firstNames = new Map<number, ByteString>();
  return [...tree.walk()].map(({ path, inode }) => {
    const { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, deviceMajor = 0, deviceMinor = 0, linkTarget } = inode;
    const firstName = firstNames.get(inode.key) ?? path;
    firstNames.set(inode.key, firstName);
    const xattrs = [...(inode.xattrs ?? [])].map(
      ([name, value]) => [name, Buffer.from(value).toString('hex')] as const,
    );
    const meta = { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, deviceMajor, deviceMinor, linkTarget };
    const sha256 = kind === 'file' ? digestOf(fileChunks(tree, inode)) : undefined;
    return { path, ...meta, sha256, firstName, xattrs: Object.fromEntries(xattrs) };
  });
}

function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
