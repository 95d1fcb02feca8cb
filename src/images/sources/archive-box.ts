import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError } from '../../base/system-error.ts';
import { detectCompression, detectionBytes } from '../../formats/compression/detect-compression.ts';
import { TarReader } from '../../formats/tar/tar-reader.ts';
import { cleanPath, parentPath } from '../../formats/tree/tree-path.ts';
import type { Store } from '../../store/store.ts';
import { decompressStream } from '../decompress-stream.ts';
import { type FileBox, fileBytes, openFile } from './file-box.ts';

interface Stretch {
  readonly start: number;
  readonly length: number;
}

/** Symbolic links and hard links within an archive that one path may lead through. */
const maxArchiveLinks = 8;

/**
 * The files of a tar archive of the host, by position; a compressed archive is unpacked into a temporary file of the
 * store first, which goes when the box is disposed. Throws TAR_INVALID, COMPRESSION_INVALID and LIMIT_EXCEEDED;
 * undefined if the file is not there.
 */
export async function openArchiveBox(
  store: Store,
  path: string,
  signal?: AbortSignal,
): Promise<(FileBox & AsyncDisposable) | undefined> {
  await using cleanup = new AsyncDisposableStack();
  const subject = `archive ${path}`;
  const handle = await openFile(path);
  if (handle === undefined) return undefined;
  const { size } = await handle.stat();
  const head = Buffer.alloc(detectionBytes);
  await handle.read(head, 0, head.length, 0);
  let tar = path;
  if (detectCompression(head) === 'none') await handle.close();
  else {
    tar = join(cleanup.use(await store.temporaryFolder()).path, 'archive.tar');
    const packed = fileBytes(handle, path, { start: 0, length: size }, signal);
    await writeOut(decompressStream(packed, { subject, signal }), tar);
  }
  const files = await listFiles(tar, subject, signal);
  const owned = cleanup.move();
  return {
    subject,
    async read(name, readSignal) {
      const stretch = files.get(cleanPath(name as never));
      if (stretch === undefined) return undefined;
      const file = await openFile(tar);
      if (file === undefined) throw new FirekilnError('OCI_INVALID', `${subject}: it is gone`);
      return { size: stretch.length, bytes: fileBytes(file, tar, stretch, readSignal) };
    },
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

async function listFiles(tar: string, subject: string, signal?: AbortSignal): Promise<ReadonlyMap<string, Stretch>> {
  const files = new Map<string, Stretch>();
  const links = new Map<string, string>();
  const reader = new TarReader((member) => {
    const name = cleanPath(member.path);
    const [extent] = member.data;
    if (member.kind === 'file' && member.data.length <= 1) {
      files.set(name, { start: extent?.blobOffset ?? 0, length: member.size });
    } else if (member.linkTarget !== undefined) {
      // `docker save` of old has `<id>/layer.tar` as a link to that of another folder.
      const isRelative = member.kind === 'symlink' && !member.linkTarget.startsWith('/');
      const target = isRelative ? `${parentPath(name)}/${member.linkTarget}` : member.linkTarget;
      links.set(name, cleanPath(target as never));
    }
  });
  const handle = await openFile(tar);
  if (handle === undefined) throw new FirekilnError('TAR_INVALID', `${subject}: it is gone`);
  const { size } = await handle.stat();
  try {
    for await (const chunk of fileBytes(handle, tar, { start: 0, length: size }, signal)) reader.push(chunk);
    reader.end();
  } catch (error) {
    if (!isFirekilnError(error, 'TAR_INVALID')) throw error;
    throw new FirekilnError('TAR_INVALID', `${subject}: ${error.message}`, { cause: error });
  }
  for (const name of links.keys()) {
    let at: string | undefined = name;
    for (let i = 0; i < maxArchiveLinks && at !== undefined && !files.has(at); i++) at = links.get(at);
    const stretch = at === undefined ? undefined : files.get(at);
    if (stretch !== undefined) files.set(name, stretch);
  }
  return files;
}

async function writeOut(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  try {
    await pipeline(Readable.from(bytes), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  }
}
