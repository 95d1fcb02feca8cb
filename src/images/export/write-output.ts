import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { throwIfAborted } from '../../base/abort.ts';
import { AtomicFile } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../../base/make-folder.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { writeAll } from '../ext4-file.ts';
import type { ExportRequest } from './export-request.ts';
import { openOutput } from './open-output.ts';
import { filePlace, outputPlace } from './output-place.ts';
import { holdTemporary, removeDeadTemporaries, temporaryNameFor } from './temporary-place.ts';

/** Writes an archive to its destination: a file that is there whole or not at all, a device or pipe, or the output. */
export async function writeOutput(
  bytes: AsyncIterable<Uint8Array>,
  { dest, output, emitter, signal }: Pick<ExportRequest, 'dest' | 'output' | 'emitter' | 'signal'>,
): Promise<void> {
  if (dest !== '-') {
    await writeTo(dest, bytes, { emitter, signal });
    return;
  }
  if (output === undefined) throw new FirekilnError('USAGE', 'dest=- : there is no output to write to');
  if ('isTTY' in output && output.isTTY === true) {
    throw new FirekilnError('USAGE', 'dest=- : an archive is not written to a terminal', {
      hint: 'Redirect the output, or give a path as dest.',
    });
  }
  await writeStream(bytes, output, signal);
}

/** Writes to what is at a path of the user's, or puts a file there. */
export async function writeTo(
  dest: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: Pick<ExportRequest, 'emitter' | 'signal'>,
): Promise<void> {
  const place = await outputPlace(dest);
  if (place.kind === 'file') {
    await putFile(place.path, async (file) => {
      let position = 0;
      for await (const chunk of bytes) {
        throwIfAborted(options.signal, `writing ${dest}`);
        await writeAll(file.handle, chunk, position);
        position += chunk.length;
      }
    });
    return;
  }
  const stream = await openOutput(place, options);
  // What fails is thrown by the write; the stream tells it again afterwards.
  stream.on('error', () => {});
  try {
    await writeStream(bytes, stream, options.signal);
  } finally {
    // The descriptor of an open file is not ours to close.
    if (place.kind !== 'open file') stream.destroy();
  }
}

/** What is wrong with a path on which no file can be made, by the code of the system's error. */
const noPlace: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no file can be made in its folder'],
  ['ENOTDIR', 'something on the way to it is no folder'],
  ['EEXIST', 'something on the way to it is no folder'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

/** A file of the user's that is there whole or not at all; folders on the way to it are made. */
export async function writeOutputFile<T>(dest: string, write: (file: AtomicFile) => Promise<T>): Promise<T> {
  return await putFile(await filePlace(dest), write);
}

async function putFile<T>(path: string, write: (file: AtomicFile) => Promise<T>): Promise<T> {
  try {
    await makeFolderPath(dirname(path));
    await using file = await lockedFile(path);
    const result = await write(file);
    await file.commit();
    return result;
  } catch (error) {
    const why = noPlace.get(systemCode(error) ?? '');
    if (why === undefined) throw explainSystemError(error, 'writing', path);
    throw new FirekilnError('EXPORT_PLACE', `${path} can not be written: ${why}`, { cause: error });
  }
}

/** One that the next export to the same place removes if this process dies. */
async function lockedFile(path: string): Promise<AtomicFile> {
  await removeDeadTemporaries(dirname(path), path);
  for (;;) {
    const file = await AtomicFile.create(path, { temporaryName: temporaryNameFor(path) });
    if (await holdTemporary(file.handle, file.temporaryPath)) return file;
    await file[Symbol.asyncDispose]();
  }
}

async function writeStream(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  output: Writable,
  signal?: AbortSignal,
): Promise<void> {
  let failure: Error | undefined;
  const onError = (error: Error) => {
    failure = error;
  };
  output.on('error', onError);
  try {
    for await (const chunk of bytes) {
      throwIfAborted(signal, 'writing to the output');
      if (failure !== undefined) throw failure;
      if (!output.write(chunk)) await drained(output);
    }
    await new Promise<void>((done) => {
      output.write(Buffer.alloc(0), (error) => {
        failure ??= error ?? undefined;
        done();
      });
    });
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (systemCode(error) === 'EPIPE') {
      throw new FirekilnError('EXPORT_PLACE', 'the output was closed before all was written', {
        hint: 'See why the program that reads it ended.',
        cause: error,
      });
    }
    throw explainSystemError(error, 'writing to', 'the output');
  } finally {
    output.off('error', onError);
  }
}

/** Resolves as well when the stream breaks: who writes looks for that. */
async function drained(output: Writable): Promise<void> {
  const ended = new AbortController();
  await Promise.race([
    new Promise<void>((done) => output.once('drain', done)),
    finished(output, { signal: ended.signal }).catch(() => {}),
  ]);
  ended.abort();
}
