import { createReadStream, constants as flags, open, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { throwIfAborted } from './abort.ts';
import { FirekilnError } from './errors/firekiln-error.ts';

const openDescriptor = promisify(open);

export interface ReadText {
  /** For messages. */
  readonly shown: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ReadTextFile extends ReadText {
  /**
   * Whether the path may be a pipe that somebody writes to: `/dev/stdin`, or the `/dev/fd/63` that a shell makes of `<(..)`. A
   * named pipe is never read, since nobody may ever write to it.
   */
  readonly mayBePipe?: boolean;
  /** The error for what is no file to read: `why` goes on after the name, as in `is a socket`. */
  readonly refuse: (why: string, hint: string | undefined) => FirekilnError;
  /** Milliseconds to wait for more of a pipe. */
  readonly patienceMs?: number;
}

const descriptorPath = /^\/(?:dev\/stdin|(?:dev|proc\/self|proc\/\d+)\/fd\/\d+)$/;
const patienceMs = 60_000;

/** A small text of a file. Bytes that are not UTF-8 become U+FFFD. Throws LIMIT_EXCEEDED, TIMEOUT, and system errors as they are. */
export async function readTextFile(path: string, options: ReadTextFile): Promise<string> {
  const { signal, shown, refuse } = options;
  throwIfAborted(signal, `reading ${shown}`);
  const facts = await stat(path);
  const kind = kindOf(facts);
  if (facts.isFile()) return await readTextStream(createReadStream(path, { signal }), options);
  if (!facts.isFIFO() || options.mayBePipe !== true || !descriptorPath.test(path)) {
    const hint = facts.isFIFO() ? `To read it all the same, give it as standard input: - < ${path}` : undefined;
    throw refuse(`is ${kind}`, hint);
  }
  // Neither open(2) nor read(2) may hold a thread, and with it the end of the process.
  const fd = await openDescriptor(path, flags.O_RDONLY | flags.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  const late = new FirekilnError('TIMEOUT', `waited for the program that writes ${shown}, in vain`, {
    hint: 'It neither wrote anything more nor ended. Write to a file first, and name that.',
  });
  pipe.setTimeout(options.patienceMs ?? patienceMs, () => pipe.destroy(late));
  return await readTextStream(signal === undefined ? pipe : addAbortSignal(signal, pipe), options);
}

/** A small text of a stream, in the same way. */
export async function readTextStream(
  stream: AsyncIterable<Uint8Array> | Readable,
  { shown, maxBytes, signal }: ReadText,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) throw new FirekilnError('LIMIT_EXCEEDED', `${shown} is larger than ${maxBytes} bytes`);
    }
  } catch (error) {
    throwIfAborted(signal, `reading ${shown}`);
    throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function kindOf(facts: Stats): string {
  if (facts.isDirectory()) return 'a folder';
  if (facts.isFIFO()) return 'a named pipe';
  if (facts.isSocket()) return 'a socket';
  return 'a device';
}
