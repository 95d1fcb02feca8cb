import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { bytesAccess } from '../formats/io/bytes-access.ts';
import { LayerIndexer } from '../formats/layer-index/layer-indexer.ts';
import type { LayerNotes } from '../formats/layer-index/layer-notes.ts';
import { openLayerIndex } from '../formats/layer-index/open-layer-index.ts';
import type { LayerIndex } from '../formats/tree/tree.ts';
import type { CheckedFile } from './blob-reader.ts';
import type { FileContentStore } from './content-store.ts';
import { FileAccess } from './file-access.ts';
import { HealingIndex, isIndexDamage } from './healing-index.ts';
import { indexPath } from './layout.ts';
import type { LayerInfo, LayerStore, PutOptions, StoredLayer } from './store.ts';
import type { StoreParts } from './store-parts.ts';
import { tolerate } from './tolerate.ts';

const readSize = 1024 * 1024;

/** Layers as blobs with an index beside each. */
export class FileLayerStore implements LayerStore {
  readonly #parts: StoreParts;
  readonly #content: FileContentStore;

  constructor(parts: StoreParts, content: FileContentStore) {
    this.#parts = parts;
    this.#content = content;
  }

  async put(tar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: PutOptions = {}): Promise<LayerInfo> {
    const { locks, emitter } = this.#parts;
    const { expected, signal } = options;
    if (expected === undefined) return await this.#put(tar, options);
    const onWait = (holder: string) => emitter.message('info', `waiting for ${holder}, which is storing ${expected}`);
    return await locks.run(`layer ${expected}`, { signal, onWait }, async () => {
      return (await this.has(expected)) ?? (await this.#put(tar, options));
    });
  }

  async has(diffId: Digest): Promise<LayerInfo | undefined> {
    if ((await this.#content.has(diffId)) === undefined) return undefined;
    try {
      using layer = await this.open(diffId);
      return { diffId, size: layer.size, entryCount: layer.index.entryCount };
    } catch (error) {
      // Damaged, so as good as missing; or a blob, but no layer.
      if (['BLOB_MISSING', 'BLOB_CORRUPT', 'TAR_INVALID'].some((code) => isCode(error, code))) return undefined;
      throw error;
    }
  }

  async open(diffId: Digest): Promise<StoredLayer> {
    using cleanup = new DisposableStack();
    const blob = cleanup.use(await this.#content.openFile(diffId));
    const index = this.#openIndex(blob, cleanup);
    const owned = cleanup.move();
    return { diffId, size: blob.size, index, data: blob, [Symbol.dispose]: () => owned.dispose() };
  }

  async #put(tar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: PutOptions): Promise<LayerInfo> {
    const indexer = new LayerIndexer();
    let entryCount = 0;
    const { digest, size } = await this.#content.putWith(
      tar,
      options,
      (chunk) => indexer.push(chunk),
      async ({ digest }) => {
        const { summary, chunks } = indexer.finish(digest);
        entryCount = summary.entryCount;
        await this.#writeIndex(digest, chunks);
      },
    );
    this.#tellNotes(digest, indexer.notes);
    return { diffId: digest, size, entryCount };
  }

  #openIndex(blob: CheckedFile, cleanup: DisposableStack): LayerIndex {
    const expected = { diffId: blob.digest, size: blob.size };
    const remake = () => openLayerIndex(bytesAccess(this.#remakeIndex(blob)), expected);
    try {
      const file = cleanup.use(new FileAccess(indexPath(this.#parts.layout, blob.digest)));
      return new HealingIndex(blob.digest, openLayerIndex(file, expected), remake);
    } catch (error) {
      if (isIndexDamage(error) || systemCode(error) === 'ENOENT') return remake();
      throw error;
    }
  }

  /** Synchronous, since it may be needed in the middle of a walk; the file is written behind. */
  #remakeIndex(blob: CheckedFile): Buffer {
    const { digest } = blob;
    const indexer = new LayerIndexer();
    const buffer = Buffer.allocUnsafeSlow(Math.min(readSize, Math.max(1, blob.size)));
    for (let position = 0; position < blob.size; position += buffer.length) {
      indexer.push(buffer.subarray(0, blob.read(buffer, position)));
    }
    // The chunks are views of buffers that are used again.
    const index = Buffer.concat(Array.from(indexer.finish(digest).chunks, (chunk) => Buffer.from(chunk)));
    void tolerate(this.#parts.emitter, `writing the index of ${digest}`, async () => {
      if (!this.#parts.closed.aborted) await this.#writeIndex(digest, [index]);
    });
    return index;
  }

  /** Not flushed: an index that a loss of power tears is found damaged, and made again. */
  async #writeIndex(digest: Digest, chunks: Iterable<Uint8Array>): Promise<void> {
    const path = indexPath(this.#parts.layout, digest);
    const temporary = (await this.#parts.session.get()).temporaryPath();
    try {
      await writeFile(temporary, chunks, { mode: 0o444 });
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(temporary, path);
    } catch (error) {
      throw explainSystemError(error, 'writing', path);
    }
  }

  #tellNotes(digest: Digest, notes: Readonly<LayerNotes>): void {
    const told = Object.entries(notes).filter(([, count]) => count > 0);
    if (told.length === 0) return;
    const text = told.map(([name, count]) => `${name}: ${count}`).join(', ');
    this.#parts.emitter.message('debug', `layer ${digest} holds what is not taken over (${text})`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return isFirekilnError(error) && error.code === code;
}
