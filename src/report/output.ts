import { systemCode } from '../base/system-error.ts';

/** A line of a command's result, on standard output. Everything else that is said goes to standard error. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line about the work, on standard error. */
export function printNotice(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Where a command writes bytes that are its result, such as an archive. */
export function standardOutput(): NodeJS.WriteStream {
  return process.stdout;
}

/** The bytes of a program of the user's, as they are; resolves when there is room for more, or the reader has gone. */
export async function writeThrough(target: 'stdout' | 'stderr', data: Uint8Array): Promise<void> {
  const stream = process[target];
  if (!stream.writable || stream.write(data)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}

/**
 * To be called once, first of all: without it a write that fails ends the process on the spot. That nobody reads any
 * more, as of `| head`, is no error: what is written from then on is dropped. When the process ends `onFailure` is told of a
 * result that could not be written, as to a full disk; of what is said beside it nobody could be told.
 */
export function watchOutput(onFailure: (error: Error) => void): void {
  process.stderr.on('error', () => {});
  let failure: Error | undefined;
  process.stdout.on('error', (error) => {
    const code = systemCode(error);
    const isGone = code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY);
    if (!isGone) failure ??= error;
  });
  process.once('exit', () => {
    if (failure !== undefined) onFailure(failure);
  });
}

/** The size of the terminal that output goes to; undefined if it is none. */
export function outputTerminal(): { readonly columns: number; readonly rows: number } | undefined {
  const { isTTY, columns, rows } = process.stdout;
  // Terminals that don't know their size say 0.
  return isTTY ? { columns: columns || 80, rows: rows || 24 } : undefined;
}

/** Calls whenever the size of the terminal changes; the returned function ends that. */
export function onOutputResize(listener: () => void): () => void {
  process.stdout.on('resize', listener);
  return () => void process.stdout.off('resize', listener);
}
