import { createReadStream } from 'node:fs';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { maxDockerfileBytes } from '../limits.ts';
import type { SourceText } from '../syntax/tree.ts';

/** Reads a Dockerfile from a path, or from standard input for `-`. Bytes that are not UTF-8 become U+FFFD. */
export async function readLocalDockerfile(path: string, signal?: AbortSignal): Promise<SourceText> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { signal });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxDockerfileBytes) throw tooLarge(path);
    }
  } catch (error) {
    throw explain(error, path);
  }
  return { file: path, text: Buffer.concat(chunks).toString('utf8') };
}

function tooLarge(path: string): FirekilnError {
  return new FirekilnError('LIMIT_EXCEEDED', `the Dockerfile ${path} is larger than ${maxDockerfileBytes} bytes`);
}

function explain(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR') {
    return explainSystemError(error, 'reading the Dockerfile', path);
  }
  const why = code === 'EISDIR' ? 'is a folder' : 'does not exist';
  return new FirekilnError('DOCKERFILE_MISSING', `the Dockerfile ${path} ${why}`, {
    hint: 'Name the file with -f, or - for standard input.',
    cause: error,
  });
}
