import { type ByteString, byteString, byteStringFromText, textOf } from '../../base/byte-string.ts';
import { sha256 } from '../../base/digest.ts';
import { bytesAccess } from '../io/bytes-access.ts';
import type { DataExtent, FileKind, InodeMeta } from '../tree/entry.ts';
import type { LayerContent } from '../tree/tree.ts';
import { cleanPath } from '../tree/tree-path.ts';
import { encodeLayerIndex } from './index-encoder.ts';
import type { RawInode } from './inode-record.ts';
import { LayerDraft } from './layer-draft.ts';
import { openLayerIndex } from './open-layer-index.ts';

/** Metadata that differs from: mode 0755 for folders, 0644 for files, owner 0:0, time 0. */
export type SomeMeta = Partial<Omit<InodeMeta, 'kind' | 'size' | 'linkTarget' | 'deviceMajor' | 'deviceMinor'>>;

/** A path: text, or its bytes where it is not UTF-8. */
export type PathInput = string | Uint8Array;

/**
 * Makes a layer in memory: for tests, and for small layers that have no tar. Paths are texts with or without a slash in
 * front; entries take effect in the order of the calls, as those of a tar do.
 */
export class MemoryLayerBuilder {
  readonly #draft: LayerDraft;
  readonly #data: Uint8Array[] = [];
  #size = 0;
  #at = '';

  constructor() {
    this.#draft = new LayerDraft(() => `/${this.#at}`);
  }

  folder(path: PathInput, meta: SomeMeta = {}): this {
    this.#draft.putFolder(this.#path(path), inode('directory', 0o755, meta));
    return this;
  }

  /** A file with the given content; or a sparse one, by its size and pieces of data in order. */
  file(path: PathInput, content: string | Uint8Array | SparseContent, meta: SomeMeta = {}): this {
    const sparse =
      typeof content === 'string' || content instanceof Uint8Array ? wholeContent(Buffer.from(content)) : content;
    const data: DataExtent[] = sparse.pieces.map(({ fileOffset, bytes }) => {
      const extent = { fileOffset, length: bytes.length, blobOffset: this.#size };
      this.#data.push(bytes);
      this.#size += bytes.length;
      return extent;
    });
    this.#draft.putOther(this.#path(path), { ...inode('file', 0o644, meta), size: sparse.size, data });
    return this;
  }

  symlink(path: PathInput, target: PathInput, meta: SomeMeta = {}): this {
    const linkTarget = bytesOfInput(target);
    this.#draft.putOther(this.#path(path), { ...inode('symlink', 0o777, meta), linkTarget });
    return this;
  }

  /** Another name for a file of this layer, or of one below if this one never has it. */
  hardLink(path: PathInput, target: PathInput, meta: SomeMeta = {}): this {
    this.#draft.putHardLink(this.#path(path), cleanPath(bytesOfInput(target)), inode('file', 0o644, meta));
    return this;
  }

  /** A device node, FIFO or socket. */
  special(
    path: PathInput,
    kind: 'character' | 'block' | 'fifo' | 'socket',
    meta: SomeMeta & { deviceMajor?: number; deviceMinor?: number } = {},
  ): this {
    this.#draft.putOther(this.#path(path), inode(kind, 0o644, meta));
    return this;
  }

  whiteout(path: PathInput): this {
    this.#draft.putWhiteout(this.#path(path));
    return this;
  }

  opaque(folder: PathInput): this {
    this.#draft.putOpaque(this.#path(folder));
    return this;
  }

  build(): LayerContent {
    const blob = Buffer.concat(this.#data);
    const diffId = sha256(blob);
    const { chunks } = encodeLayerIndex(this.#draft, { blobSize: blob.length, diffId });
    // Each chunk is copied: some are views of buffers that are used again.
    const index = Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk)));
    return {
      index: openLayerIndex(bytesAccess(index), { diffId, size: blob.length }),
      data: bytesAccess(blob),
    };
  }

  #path(path: PathInput): ByteString {
    const clean = cleanPath(bytesOfInput(path));
    this.#at = textOf(clean);
    return clean;
  }
}

export interface SparseContent {
  readonly size: number;
  readonly pieces: readonly { readonly fileOffset: number; readonly bytes: Uint8Array }[];
}

function wholeContent(bytes: Uint8Array): SparseContent {
  return { size: bytes.length, pieces: bytes.length === 0 ? [] : [{ fileOffset: 0, bytes }] };
}

function bytesOfInput(path: PathInput): ByteString {
  return typeof path === 'string' ? byteStringFromText(path) : byteString(path);
}

function inode(kind: FileKind, mode: number, meta: SomeMeta): RawInode {
  return { kind, mode, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0, size: 0, data: [], ...meta };
}
