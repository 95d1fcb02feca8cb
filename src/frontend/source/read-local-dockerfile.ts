import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { readTextFile } from '../../base/read-text.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { maxDockerfileBytes } from '../limits.ts';
import type { SourceText } from '../syntax/tree.ts';

/** What is wrong with a name that leads to no text, by the code of the system's error. */
const notReadable: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
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

/** Reads the Dockerfile of a local folder. Throws DOCKERFILE_MISSING naming the file. */
export async function findLocalDockerfile({ cwd, folder, named, signal }: LocalDockerfile): Promise<SourceText> {
  const places =
    named === undefined ? [join(folder, 'Dockerfile'), join(folder, 'dockerfile')] : [named, join(folder, named)];
  const found = await firstThatExists(places, cwd);
  return await readLocalDockerfile(found ?? places[0] ?? '', { cwd, signal });
}

/** Reads a Dockerfile from a path. Throws DOCKERFILE_MISSING for what is neither a file nor a pipe that the shell made. */
export async function readLocalDockerfile(
  file: string,
  { cwd, signal }: { readonly cwd: string; readonly signal?: AbortSignal | undefined },
): Promise<SourceText> {
  const missing = (why: string, hint: string | undefined, cause?: unknown) =>
    new FirekilnError('DOCKERFILE_MISSING', `the Dockerfile ${file} ${why}`, {
      hint: hint ?? 'Name the file with -f, or - for standard input.',
      cause,
    });
  try {
    const options = { shown: file, maxBytes: maxDockerfileBytes, mayBePipe: true, refuse: missing, signal };
    return { file, text: await readTextFile(resolve(cwd, file), options) };
  } catch (error) {
    const why = notReadable.get(systemCode(error) ?? '');
    if (why === undefined) throw explainSystemError(error, 'reading the Dockerfile', file);
    throw missing(why, undefined, error);
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
