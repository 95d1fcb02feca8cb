import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../base/abort.ts';
import type { Digest } from '../../base/digest.ts';
import { contextChanged, contextError } from './context-error.ts';

/** A file as stat(2) told it; while these stay the same, the data is taken to be the same. */
export interface HostFile {
  readonly path: string | Buffer;
  readonly device: number;
  /** A bigint where a number would not be exact. */
  readonly inode: number | bigint;
  readonly size: number;
  /** In milliseconds with fractions: exact to a quarter of a microsecond, which is finer than clocks of file systems. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Digests of files that were read before, so that what has not changed since is not read again. */
export interface FileDigests {
  find(file: HostFile): Digest | undefined;
  remember(file: HostFile, digest: Digest): void;
}

const chunkBytes = 1 << 20;
const smallFileBytes = 128 * 1024;
// A symlink or FIFO put in a file's place since it was looked at must not be followed or waited for.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The data of a file, and in the end its digest. Throws CONTEXT_CHANGED if the file is no longer what it was when it was looked at: size or
 * times differ, or the data is not what its digest said.
 */
export async function* readHostFile(
  file: HostFile,
  digests: FileDigests,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, Digest, undefined> {
  const hash = createHash('sha256');
  if (file.size <= smallFileBytes) {
    throwIfAborted(signal, `reading ${String(file.path)}`);
    const data = readSmallFile(file);
    hash.update(data);
    if (data.length > 0) yield data;
  } else {
    for await (const chunk of readLargeFile(file, signal)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  const expected = digests.find(file);
  if (expected === undefined) digests.remember(file, digest);
  else if (expected !== digest) throw contextChanged(file.path);
  return digest;
}

export async function digestHostFile(file: HostFile, digests: FileDigests, signal?: AbortSignal): Promise<Digest> {
  const known = digests.find(file);
  if (known !== undefined) return known;
  const chunks = readHostFile(file, digests, signal);
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return next.value;
  }
}

/** In one go: five promises for each of 100,000 small files would cost more than the reading. */
function readSmallFile(file: HostFile): Buffer {
  let fd: number;
  try {
    fd = openSync(file.path, openFlags);
  } catch (error) {
    throw contextError(error, file.path);
  }
  try {
    // One byte more than there should be shows that the file has grown.
    const buffer = Buffer.allocUnsafe(file.size + 1);
    const isSameBefore = isSame(fstatSync(fd), file);
    const count = isSameBefore ? readSync(fd, buffer, 0, buffer.length, 0) : 0;
    if (count !== file.size || !isSame(fstatSync(fd), file)) throw contextChanged(file.path);
    return buffer.subarray(0, count);
  } catch (error) {
    throw contextError(error, file.path);
  } finally {
    closeSync(fd);
  }
}

async function* readLargeFile(file: HostFile, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  await using handle = await openHostFile(file);
  let position = 0;
  for (;;) {
    throwIfAborted(signal, `reading ${String(file.path)}`);
    const { bytesRead, buffer } = await readAt(handle, position, file);
    if (bytesRead === 0) break;
    position += bytesRead;
    if (position > file.size) throw contextChanged(file.path);
    yield buffer.subarray(0, bytesRead);
  }
  if (position !== file.size || !isSame(await handle.stat(), file)) throw contextChanged(file.path);
}

async function readAt(handle: FileHandle, position: number, { path }: HostFile) {
  try {
    return await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
  } catch (error) {
    throw contextError(error, path);
  }
}

async function openHostFile(file: HostFile): Promise<FileHandle> {
  try {
    const handle = await open(file.path, openFlags);
    if (isSame(await handle.stat(), file)) return handle;
    await handle.close();
  } catch (error) {
    throw contextError(error, file.path);
  }
  throw contextChanged(file.path);
}

function isSame(stat: Stats, file: HostFile): boolean {
  return (
    stat.dev === file.device &&
    stat.ino === Number(file.inode) &&
    stat.size === file.size &&
    stat.mtimeMs === file.mtimeMs
  );
}
