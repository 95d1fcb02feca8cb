import { type ByteString, textOf } from '../../src/base/byte-string.ts';
import { sha256 } from '../../src/base/digest.ts';
import { bytesAccess } from '../../src/formats/io/bytes-access.ts';
import { LayerIndexer } from '../../src/formats/layer-index/layer-indexer.ts';
import type { LayerOptions } from '../../src/formats/layer-index/layer-rules.ts';
import { openLayerIndex } from '../../src/formats/layer-index/open-layer-index.ts';
import type { LayerEntry } from '../../src/formats/tree/entry.ts';
import type { LayerContent } from '../../src/formats/tree/tree.ts';

/** The bytes of an index. */
export function indexOf(tar: Uint8Array, options?: Partial<LayerOptions>): Buffer {
  const indexer = new LayerIndexer(options);
  indexer.push(tar);
  return joined(indexer.finish(sha256(tar)).chunks);
}

/** A tar as a layer, its index in memory. */
export function layerOf(tar: Uint8Array, options?: Partial<LayerOptions>): LayerContent {
  const expected = { diffId: sha256(tar), size: tar.length };
  return { index: openLayerIndex(bytesAccess(indexOf(tar, options)), expected), data: bytesAccess(tar) };
}

export function joined(chunks: Iterable<Uint8Array>): Buffer {
  return Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk)));
}

/** `path what` for each entry; inodes by number where they are shared. */
export function describeEntries(
  entries: Iterable<LayerEntry>,
  names: ReadonlyMap<number, string> = new Map(),
): string[] {
  return [...entries].map(({ path, what }) => `${textOf(path)} ${describe(what, names)}`);
}

function describe(what: LayerEntry['what'], names: ReadonlyMap<number, string>): string {
  switch (what.type) {
    case 'whiteout':
    case 'opaque-folder':
      return what.type;
    case 'external-link':
      return `link to ${textOf(what.target)}`;
    case 'inode': {
      const { kind, mode, number, links, linkTarget, uid } = what.inode;
      const shared = links > 1 ? ` #${names.get(number) ?? number}x${links}` : '';
      const target = linkTarget === undefined ? '' : ` -> ${textOf(linkTarget)}`;
      return `${kind} ${mode.toString(8)}${uid === 0 ? '' : ` uid ${uid}`}${what.opaque ? ' opaque' : ''}${target}${shared}`;
    }
  }
}

export const bytes = (text: string) => text as ByteString;
