import { closeSync, existsSync, fstatSync, openSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { abortError } from '../base/abort.ts';
import { AtomicFile } from '../base/atomic-file.ts';
import { type Digest, Digester, parseDigest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import type { AsyncOnce } from './async-once.ts';
import { CheckedFile, type OnDamage } from './blob-reader.ts';
import { type WrittenBlob, writeBlob } from './blob-writer.ts';
import { needsSums } from './chunk-sums.ts';
import { blobPath, damagedPath, digestOfFileName, type StoreLayout } from './layout.ts';
import type { Leases } from './leases.ts';
import { blobCorrupt, restoreIfIntact, setAside } from './quarantine.ts';
import type { Session } from './session.ts';
import type { BlobInfo, BlobReader, ContentStore, PutOptions } from './store.ts';
import { SumsFiles } from './sums-files.ts';

const streamChunk = 1024 * 1024;

/** Blobs as files named for their digests, with files of sums beside those of more than one chunk. */
export class FileContentStore implements ContentStore {
  readonly #layout: StoreLayout;
  readonly #leases: Leases;
  readonly #session: AsyncOnce<Session>;
  readonly #sums: SumsFiles;

  constructor(layout: StoreLayout, leases: Leases, session: AsyncOnce<Session>) {
    this.#layout = layout;
    this.#leases = leases;
    this.#session = session;
    this.#sums = new SumsFiles(layout, session);
  }

  async put(data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: PutOptions = {}): Promise<BlobInfo> {
    return await this.putWith(data, options, undefined, async () => {});
  }

  /**
   * As {@link put}; `also` sees each chunk, and `beforePublish` stores what must be there when the blob appears. By then
   * the digest is held.
   */
  async putWith(
    data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: PutOptions,
    also: ((chunk: Uint8Array) => void) | undefined,
    beforePublish: (written: WrittenBlob) => Promise<void>,
  ): Promise<BlobInfo> {
    if (options.expected !== undefined) parseDigest(options.expected, 'the expected digest');
    const { folder } = await this.#session.get();
    await using file = await AtomicFile.create(folder, { temporaryFolder: folder, mode: 0o444 });
    const written = await writeBlob(data, { handle: file.handle, path: file.temporaryPath }, options, also);
    const { digest, size, sums } = written;
    await this.#leases.beforePublish(digest);
    await beforePublish(written);
    if (needsSums(size)) await this.#sums.write(digest, size, sums);
    await file.commit(blobPath(this.#layout, digest));
    await rm(damagedPath(this.#layout, digest), { force: true });
    return { digest, size };
  }

  async has(digest: Digest): Promise<BlobInfo | undefined> {
    await this.#leases.beforeLook(digest);
    return this.#stat(digest);
  }

  async open(digest: Digest): Promise<BlobReader> {
    return await this.openFile(digest);
  }

  async openFile(digest: Digest): Promise<CheckedFile> {
    await this.#leases.beforeLook(digest);
    const path = blobPath(this.#layout, digest);
    const opened = this.#openForReading(digest, path);
    try {
      return await this.#checked(digest, path, opened);
    } catch (error) {
      closeSync(opened.fd);
      throw error;
    }
  }

  async readAll(digest: Digest, maxBytes: number): Promise<Buffer> {
    using blob = await this.openFile(digest);
    if (blob.size > maxBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${digest} has ${blob.size} bytes, more than ${maxBytes} are not read`);
    }
    const data = Buffer.allocUnsafeSlow(blob.size);
    blob.read(data, 0);
    if (new Digester().update(data).digest() !== digest) blob.reportDamage('its digest has changed');
    return data;
  }

  async *stream(
    digest: Digest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<Uint8Array> {
    using blob = await this.openFile(digest);
    for (let position = 0; position < blob.size; position += streamChunk) {
      if (options.signal?.aborted) throw abortError(options.signal, `reading ${digest}`);
      const chunk = Buffer.allocUnsafeSlow(Math.min(streamChunk, blob.size - position));
      blob.read(chunk, position);
      yield chunk;
    }
  }

  async verify(digest: Digest, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#leases.beforeLook(digest);
    if (this.#stat(digest) === undefined) await restoreIfIntact(this.#layout, digest);
    using blob = await this.openFile(digest);
    const actual = new Digester();
    const buffer = Buffer.allocUnsafeSlow(Math.min(streamChunk, blob.size));
    for (let position = 0; position < blob.size; position += buffer.length) {
      if (options.signal?.aborted) throw abortError(options.signal, `verifying ${digest}`);
      actual.update(buffer.subarray(0, blob.read(buffer, position)));
      // Reads are synchronous: let others have their turn between them.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (actual.digest() !== digest) blob.reportDamage('its digest has changed');
  }

  async list(): Promise<readonly BlobInfo[]> {
    const found: BlobInfo[] = [];
    for (const name of (await readdir(this.#layout.blobs)).sort()) {
      const digest = digestOfFileName(name);
      const info = digest === undefined ? undefined : this.#stat(digest);
      if (info !== undefined) found.push(info);
    }
    return found;
  }

  /** The first of the digests that is not in the store. They are held before. */
  async firstMissing(digests: readonly Digest[]): Promise<Digest | undefined> {
    await this.#leases.beforeLook(...digests);
    return digests.find((digest) => this.#stat(digest) === undefined);
  }

  #stat(digest: Digest): BlobInfo | undefined {
    const path = blobPath(this.#layout, digest);
    try {
      // A promise costs ten times the call, and builds look for hundreds.
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? undefined : { digest, size: stats.size };
    } catch (error) {
      throw explainSystemError(error, 'reading', path);
    }
  }

  #openForReading(digest: Digest, path: string): OpenedFile {
    try {
      return openForReading(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw explainSystemError(error, 'reading', path);
    }
    const aside = damagedPath(this.#layout, digest);
    if (existsSync(aside)) throw blobCorrupt(digest, `was found damaged and set aside as ${aside}`);
    throw new FirekilnError('BLOB_MISSING', `${digest} is not in the store ${this.#layout.root}`, {
      hint: 'Pull or build the image again; what is there already is reused.',
    });
  }

  async #checked(digest: Digest, path: string, opened: OpenedFile): Promise<CheckedFile> {
    const { fd, size } = opened;
    const onDamage: OnDamage = ({ offset, what, inode, cause }) => {
      setAside(this.#layout, digest, inode);
      throw blobCorrupt(digest, `(${path}) is damaged at offset ${offset}: ${what}`, cause);
    };
    const reader = (sums: Uint32Array | undefined) => new CheckedFile({ fd, digest, path, size, sums, onDamage });
    const stored = await this.#sums.read(digest);
    if (stored !== undefined && stored.size !== size) {
      const offset = Math.min(size, stored.size);
      const { inode } = opened;
      onDamage({ offset, what: `the file has ${size} bytes instead of ${stored.size}`, inode });
    }
    if (stored !== undefined) return reader(stored.sums);
    if (!needsSums(size)) {
      const small = reader(undefined);
      small.checkWhole();
      return small;
    }
    const sums = await this.#sums.remake(digest, fd, size);
    return reader(sums ?? reader(undefined).reportDamage('its digest has changed, and its sums are lost'));
  }
}

interface OpenedFile {
  readonly fd: number;
  readonly size: number;
  readonly inode: bigint;
}

function openForReading(path: string): OpenedFile {
  const fd = openSync(path, 'r');
  const { size, ino } = fstatSync(fd, { bigint: true });
  return { fd, size: Number(size), inode: ino };
}
