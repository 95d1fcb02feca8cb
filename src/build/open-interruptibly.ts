import { createReadStream, constants as flags, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { promisify } from 'node:util';

const openDescriptor = promisify(open);

/**
 * Opens a file to read, so that an abort ends it whatever it is. A named pipe would hold a thread of the process in
 * open(2) or read(2) until somebody writes to it, and with it the end of the process: it is opened without waiting
 * and read by the event loop. Throws system errors.
 */
export async function openInterruptibly(path: string, signal: AbortSignal): Promise<Readable> {
  if (!(await stat(path)).isFIFO()) return createReadStream(path, { signal });
  const fd = await openDescriptor(path, flags.O_RDONLY | flags.O_NONBLOCK);
  return addAbortSignal(signal, new Socket({ fd, readable: true, writable: false }));
}
