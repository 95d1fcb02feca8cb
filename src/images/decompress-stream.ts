import { PassThrough, Readable } from 'node:stream';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { startProcess } from '../base/process.ts';
import { type DecompressOptions, decompress } from '../formats/compression/decompress.ts';
import { type Compression, detectCompression, detectionBytes } from '../formats/compression/detect-compression.ts';
import { OutputMeter } from '../formats/compression/output-limits.ts';
import { peekBytes } from '../formats/compression/peek-bytes.ts';

/** A window that large is what `xz -9` needs, with room to spare. */
const xzMemoryMiB = 256;

/**
 * Unpacks what its first bytes say it is: gzip, zstd, bzip2 and xz; anything else passes as it is. bzip2 and xz need
 * the programs of these names (PROGRAM_MISSING). Throws as {@link decompress}.
 */
export async function* decompressStream(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions & { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { head, stream } = await peekBytes(source, detectionBytes);
  const kind = detectCompression(head);
  if (kind === 'bzip2' || kind === 'xz') yield* throughProgram(stream, kind, options);
  else yield* decompress(stream, kind, options);
}

async function* throughProgram(
  source: AsyncIterable<Uint8Array>,
  kind: Extract<Compression, 'bzip2' | 'xz'>,
  { subject, limits, signal }: DecompressOptions & { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const meter = new OutputMeter(subject, limits);
  const input = Readable.from(counted(source, meter));
  const output = new PassThrough();
  let inputError: Error | undefined;
  input.on('error', (error: Error) => {
    inputError = error;
    // The program must not take what came so far for all of it.
    child.kill('SIGKILL');
  });
  const args = kind === 'xz' ? ['-dc', `--memlimit-decompress=${xzMemoryMiB}MiB`] : ['-dc'];
  const child = await startProcess(kind, { args, stdin: input, stdout: { into: output }, signal, dieWithParent: true });
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      meter.out(chunk.length);
      yield chunk;
    }
    const { exitCode, stderr } = await child.result;
    if (inputError !== undefined) throw inputError;
    if (exitCode === 0) return;
    const said = stderr.toString('utf8').trim().split('\n').slice(-3);
    throw new FirekilnError('COMPRESSION_INVALID', `${subject}: the ${kind} data is damaged or cut short`, {
      details: said,
    });
  } finally {
    input.destroy();
    await child.stop();
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, meter: OutputMeter): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    meter.in(chunk.length);
    yield chunk;
  }
}
