import { createHash } from 'node:crypto';
import type { RandomAccess } from '../../../src/formats/io/random-access.ts';
import type { LayerEntry, LayerInode } from '../../../src/formats/tree/entry.ts';

/** What an entry of a layer says, in the form of tar-facts.py. */
export interface LayerFact {
  readonly path: string;
  readonly type: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
  readonly device?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly mtime?: number;
  /** The first name of the same inode, if this is not the first. */
  readonly link?: string;
}

/** Later times come from the clock of the machine that ran the step. */
const lastFixedTime = 1.6e9;

/** The facts of a layer's entries, whose data lie in `blob`. */
export function layerFacts(entries: Iterable<LayerEntry>, blob: RandomAccess): LayerFact[] {
  const first = new Map<number, string>();
  return [...entries].map(({ path, what }): LayerFact => {
    if (what.type !== 'inode') return { path, type: what.type };
    const known = first.get(what.inode.number);
    if (known === undefined) first.set(what.inode.number, path);
    return { path, ...inodeFacts(what.inode, blob), ...(known !== undefined && { link: known }) };
  });
}

function inodeFacts(inode: LayerInode, blob: RandomAccess): Omit<LayerFact, 'path'> {
  const isDevice = inode.kind === 'character' || inode.kind === 'block';
  return {
    type: inode.kind,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    ...(inode.kind === 'file' && { size: inode.size, sha256: sha256(inode, blob) }),
    ...(inode.linkTarget !== undefined && { target: inode.linkTarget }),
    ...(isDevice && { device: `${inode.deviceMajor}:${inode.deviceMinor}` }),
    ...(inode.xattrs !== undefined && { xattrs: hexOf(inode.xattrs) }),
    ...(inode.mtimeSec < lastFixedTime && { mtime: inode.mtimeSec }),
  };
}

function hexOf(xattrs: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries([...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]));
}

function sha256(inode: LayerInode, blob: RandomAccess): string {
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(1 << 20);
  let position = 0;
  const hole = (length: number) => {
    for (let left = length; left > 0; left -= zeros.length)
      hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
  };
  for (const { fileOffset, length, blobOffset } of inode.data) {
    hole(fileOffset - position);
    const data = Buffer.alloc(length);
    if (blob.read(data, blobOffset) !== length) throw new Error('the data lie outside of the blob');
    hash.update(data);
    position = fileOffset + length;
  }
  hole(inode.size - position);
  return hash.digest('hex');
}
