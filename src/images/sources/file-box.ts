import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';

/** Files by relative path: a folder, or what an archive holds. */
export interface FileBox {
  /** For messages: `layout /srv/oci`. */
  readonly subject: string;
  /** The bytes of a file; undefined if there is no such file. Chunks are not reused. */
  read(path: string, signal?: AbortSignal): Promise<BoxFile | undefined>;
}

export interface BoxFile {
  /** In bytes. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Files of a folder of the host. Paths are given by us, never joined from what the folder says. */
export function folderBox(folder: string, subject: string): FileBox {
  return {
    subject,
    async read(path, signal) {
      const full = join(folder, path);
      const handle = await openFile(full);
      if (handle === undefined) return undefined;
      const { size } = await handle.stat();
      return { size, bytes: fileBytes(handle, full, { start: 0, length: size }, signal) };
    },
  };
}

/** The whole of a small file. Throws LIMIT_EXCEEDED; undefined if there is no such file. */
export async function readWhole(box: FileBox, path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await box.read(path);
  if (file === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.bytes) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${box.subject}: ${path} has more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Opens a file for reading; undefined if it is not there or no regular file. */
export async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // A FIFO must not make us wait for its writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw explainSystemError(error, 'reading', path);
  }
}

const chunkBytes = 1 << 20;

/** A stretch of a file; the handle is closed when it has been read or given up. */
export async function* fileBytes(
  handle: FileHandle,
  path: string,
  { start, length }: { readonly start: number; readonly length: number },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let done = 0; done < length; ) {
      throwIfAborted(signal, `reading ${path}`);
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, length - done));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw explainSystemError(error, 'reading', path);
  } finally {
    await handle.close();
  }
}
