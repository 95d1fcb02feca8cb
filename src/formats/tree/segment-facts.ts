import { type ByteString, bytesOf } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import type { TreeInode } from './entry.ts';
import type { ResolvedFact } from './segment-view.ts';

/**
 * What a segment took from the chain below, as plain JSON for the digest that is its key. `diffIds` are those of the
 * chain's layers. Two chains that give the same facts over the same run give the same segment.
 */
export function segmentFacts(resolved: readonly ResolvedFact[], diffIds: readonly Digest[]): unknown {
  const firstLink = new Map<number, number>();
  return resolved.map((fact, position) => {
    if (fact.type === 'link') {
      const linkedTo = firstLink.get(fact.below.key) ?? position;
      firstLink.set(fact.below.key, linkedTo);
    }
    return jsonOf(fact, diffIds, firstLink);
  });
}

function jsonOf(fact: ResolvedFact, diffIds: readonly Digest[], firstLink: ReadonlyMap<number, number>): unknown {
  const path = hex(fact.path);
  switch (fact.type) {
    case 'whiteout':
      return { type: fact.type, path, hides: fact.hides };
    case 'folder':
      return { type: fact.type, path, below: fact.below === undefined ? null : metadata(fact.below) };
    case 'link': {
      const { key, layer } = fact.below;
      return {
        type: fact.type,
        path,
        below: metadata(fact.below),
        layer: diffIds[layer],
        linkedTo: firstLink.get(key),
      };
    }
  }
}

function metadata(inode: TreeInode): unknown {
  const { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, linkTarget, deviceMajor, deviceMinor, xattrs, data } = inode;
  return {
    kind,
    mode,
    uid,
    gid,
    mtimeSec,
    mtimeNsec,
    size,
    deviceMajor,
    deviceMinor,
    linkTarget: linkTarget === undefined ? undefined : hex(linkTarget),
    xattrs: [...(xattrs ?? [])]
      .map(([name, value]) => [hex(name), Buffer.from(value).toString('hex')])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    data: data.map(({ fileOffset, length, blobOffset }) => [fileOffset, length, blobOffset]),
  };
}

function hex(value: ByteString): string {
  return bytesOf(value).toString('hex');
}
