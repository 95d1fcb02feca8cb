import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../base/abort.ts';
import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError } from '../../base/system-error.ts';

/** A file as stat(2) told it; while these stay the same, the data is taken to be the same. */
export interface HostFile {
  readonly path: string | Buffer;
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Digests of files that were read before, so that what has not changed since is not read again. */
export interface FileDigests {
  find(file: HostFile): Digest | undefined;
  remember(file: HostFile, digest: Digest): void;
}

const chunkBytes = 1 << 20;

/**
 * The data of a file. Throws CONTEXT_CHANGED if the file is no longer what it was when it was looked at: size or
 * times differ, or the data is not what its digest said.
 */
export async function* readHostFile(
  file: HostFile,
  digests: FileDigests,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const expected = digests.find(file);
  const hash = createHash('sha256');
  await using handle = await openHostFile(file);
  let position = 0;
  for (;;) {
    throwIfAborted(signal, `reading ${String(file.path)}`);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    if (position > file.size) throw changed(file);
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    yield chunk;
  }
  if (position !== file.size || !(await isSame(handle, file))) throw changed(file);
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (expected === undefined) digests.remember(file, digest);
  else if (expected !== digest) throw changed(file);
}

export async function digestHostFile(file: HostFile, digests: FileDigests, signal?: AbortSignal): Promise<Digest> {
  const known = digests.find(file);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for await (const chunk of readHostFile(file, digests, signal)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

async function openHostFile(file: HostFile): Promise<FileHandle> {
  try {
    // A symlink or FIFO put in the file's place since it was looked at must not be followed or waited for.
    const handle = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (await isSame(handle, file)) return handle;
    await handle.close();
  } catch (error) {
    throw explainSystemError(error, 'reading', String(file.path));
  }
  throw changed(file);
}

async function isSame(handle: FileHandle, file: HostFile): Promise<boolean> {
  const stat = await handle.stat({ bigint: true });
  return (
    stat.dev === file.device &&
    stat.ino === file.inode &&
    Number(stat.size) === file.size &&
    stat.mtimeNs === file.mtimeNs
  );
}

function changed(file: HostFile): FirekilnError {
  return new FirekilnError('CONTEXT_CHANGED', `${String(file.path)} was changed while the build read it`, {
    hint: 'Build again when nothing writes to the context, or leave the file out with .dockerignore.',
  });
}
