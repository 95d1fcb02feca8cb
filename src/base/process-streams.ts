import type { Readable, Writable } from 'node:stream';

export type OutputTarget =
  /** Kept, up to `maxOutputBytes` from the end. */
  | 'keep'
  | 'ignore'
  /** The child writes to this descriptor itself. */
  | { readonly fd: number }
  /** Each chunk as it comes; an error thrown here ends the child. */
  | { readonly each: (chunk: Buffer) => void }
  /** Written into this stream with back-pressure; the stream is ended with the child's output. */
  | { readonly into: Writable };

/** `{ text }` and bytes are written and the pipe closed; a stream is piped. Nothing (`/dev/null`) by default. */
export type StdinSource = { readonly text: string } | Uint8Array | Readable | { readonly fd: number };

/** As `stdio` of spawn takes it. */
export function outputMode(target: OutputTarget | undefined): 'ignore' | 'pipe' | number {
  if (target === 'ignore') return 'ignore';
  return target !== undefined && isFdTarget(target) ? target.fd : 'pipe';
}

export function isFdTarget(target: unknown): target is { readonly fd: number } {
  return typeof target === 'object' && target !== null && 'fd' in target && typeof target.fd === 'number';
}

/** What a stream of a child gave, as far as it is kept. */
export function collect(
  stream: Readable | null,
  target: OutputTarget,
  maxBytes: number,
  onError: (error: unknown) => void,
): Promise<Buffer> {
  if (stream === null) return Promise.resolve(Buffer.alloc(0));
  if (typeof target === 'object' && 'into' in target) return pipeInto(stream, target.into, onError);
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (typeof target === 'object' && 'each' in target) {
      try {
        target.each(chunk);
      } catch (error) {
        onError(error);
      }
      return;
    }
    chunks.push(chunk);
    size += chunk.length;
    while (size - (chunks[0]?.length ?? 0) >= maxBytes) size -= chunks.shift()?.length ?? 0;
  });
  return new Promise((resolve) => {
    stream.once('close', () => {
      const all = Buffer.concat(chunks);
      resolve(all.length > maxBytes ? all.subarray(all.length - maxBytes) : all);
    });
  });
}

function pipeInto(stream: Readable, into: Writable, onError: (error: unknown) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const finish = () => resolve(Buffer.alloc(0));
    into.once('error', (error) => {
      onError(error);
      stream.resume();
      finish();
    });
    into.once('finish', finish);
    into.once('close', finish);
    stream.pipe(into);
  });
}

/** Gives a child its input. */
export function feed(stdin: Writable | null, input: Exclude<StdinSource, { readonly fd: number }>): void {
  if (stdin === null) return;
  // A child that ends without reading all of its input is no error of ours.
  stdin.on('error', () => {});
  if ('text' in input) stdin.end(input.text);
  else if (input instanceof Uint8Array) stdin.end(input);
  else input.pipe(stdin);
}
