import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { throwIfAborted } from '../base/abort.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { maxDockerfileBytes } from '../frontend/limits.ts';
import type { SourceText } from '../frontend/syntax/tree.ts';
import { openInterruptibly } from './open-interruptibly.ts';

/** A small text, of a file or a stream. Throws LIMIT_EXCEEDED, and system errors as they are. */
export async function readHostText(
  from: string | AsyncIterable<Uint8Array> | Readable,
  shown: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await readAll(typeof from === 'string' ? await openInterruptibly(from, signal) : from, shown);
  } catch (error) {
    throwIfAborted(signal, `reading ${shown}`);
    throw error;
  }
}

async function readAll(stream: AsyncIterable<Uint8Array> | Readable, shown: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxDockerfileBytes) {
      throw new FirekilnError('LIMIT_EXCEEDED', `${shown} is larger than ${maxDockerfileBytes} bytes`);
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is wrong with a name that leads to no text, by the code of the system's error. */
const notReadable: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EISDIR', 'is a folder'],
  ['ENXIO', 'is a socket'],
  ['ELOOP', 'is a symbolic link that leads back to itself'],
  ['ENAMETOOLONG', 'has a name that is too long'],
]);

export interface LocalDockerfile {
  readonly cwd: string;
  /** The context, as it was written. */
  readonly folder: string;
  /** `-f`, as it was written: from the current folder or, if it is not there, in the context. */
  readonly named: string | undefined;
  readonly signal: AbortSignal;
}

/** Reads the Dockerfile of a local folder. Throws DOCKERFILE_MISSING naming every place. */
export async function readLocalText({ cwd, folder, named, signal }: LocalDockerfile): Promise<SourceText> {
  const places =
    named === undefined ? [join(folder, 'Dockerfile'), join(folder, 'dockerfile')] : [named, join(folder, named)];
  const found = await firstThatExists(places, cwd);
  const file = found ?? places[0] ?? '';
  try {
    return { file, text: await readHostText(resolve(cwd, file), file, signal) };
  } catch (error) {
    const code = systemCode(error);
    const why = code === undefined ? undefined : notReadable.get(code);
    if (why === undefined) throw explainSystemError(error, 'reading the Dockerfile', file);
    throw new FirekilnError('DOCKERFILE_MISSING', `the Dockerfile ${file} ${why}`, {
      hint: 'Name the file with -f, or - for standard input.',
      cause: error,
    });
  }
}

async function firstThatExists(places: readonly string[], cwd: string): Promise<string | undefined> {
  for (const place of places) {
    try {
      await access(resolve(cwd, place));
      return place;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
