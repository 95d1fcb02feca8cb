import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../../base/byte-string.ts';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError } from '../../base/system-error.ts';
import { blockBytes, isTarHeader } from '../../formats/tar/tar-header.ts';
import { TarReader } from '../../formats/tar/tar-reader.ts';
import { decompressStream } from '../../images/decompress-stream.ts';
import type { SourceNode } from '../../source/file-source.ts';
import { FileAccess } from '../../store/file-access.ts';
import type { Store } from '../../store/store.ts';
import { ArchivePlacer, type ArchiveTarget } from './archive-placer.ts';

/**
 * Unpacks the archives of one layer. Their data lie in files of the store's file system until it is disposed, since the
 * layer is written from there.
 */
export class ArchiveUnpacker implements AsyncDisposable {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #resources = new AsyncDisposableStack();

  constructor(store: Store, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** Told by its content, packed or not: it begins with an entry of a tar. */
  async isArchive(file: SourceNode): Promise<boolean> {
    if (file.size === 0) return false;
    const first: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of this.#unpacked(file, 'a file')) {
        first.push(Buffer.from(chunk));
        length += chunk.length;
        if (length >= blockBytes) break;
      }
    } catch (error) {
      // What can't be unpacked is a file like others.
      if (isFirekilnError(error, 'COMPRESSION_INVALID')) return false;
      throw error;
    }
    const block = Buffer.concat(first).subarray(0, blockBytes);
    return block.length === blockBytes && isTarHeader(block);
  }

  async unpack(file: SourceNode, target: ArchiveTarget): Promise<void> {
    const folder = this.#resources.use(await this.#store.temporaryFolder());
    const path = join(folder.path, randomBytes(8).toString('hex'));
    let data: FileAccess | undefined;
    const placer = new ArchivePlacer(target, () => {
      data ??= this.#resources.use(new FileAccess(path));
      return data;
    });
    const reader = new TarReader((member) => placer.add(member));
    try {
      await using output = await open(path, 'wx', 0o600);
      for await (const chunk of this.#unpacked(file, `archive /${textOf(target.name)}`)) {
        reader.push(chunk);
        await output.writeFile(chunk);
      }
    } catch (error) {
      throw explainSystemError(error, 'writing', path);
    }
    reader.end();
    placer.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async *#unpacked(file: SourceNode, subject: string): AsyncGenerator<Uint8Array, void, undefined> {
    const signal = this.#signal;
    yield* decompressStream(asAsync(file.read(signal)), { subject, signal });
  }
}

/** Chunks of their own: what reads them may keep them. */
async function* asAsync(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
