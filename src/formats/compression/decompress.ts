import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import { type OutputLimits, OutputMeter } from './output-limits.ts';
import { ZstdFrames } from './zstd-frames.ts';

export interface DecompressOptions {
  /** What the bytes are, for messages: `layer sha256:... of app:1`. */
  readonly subject: string;
  readonly limits?: Partial<OutputLimits> | undefined;
}

const chunkSize = 256 * 1024;

/**
 * Unpacks a stream: gzip of one or several members, zstd of one or several frames, skippable ones included. The whole
 * of `source` is read; its chunks must not be reused. Throws COMPRESSION_INVALID for what is damaged, cut short or
 * followed by something else, LIMIT_EXCEEDED, and what `source` throws.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  kind: 'none' | 'gzip' | 'zstd',
  { subject, limits }: DecompressOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (kind === 'none') {
    yield* source;
    return;
  }
  const meter = new OutputMeter(subject, limits);
  const decoder: Transform = kind === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const input = kind === 'gzip' ? counted(source, meter) : inFrames(source, meter, subject);
  // A failure of the source destroys the decoder, and so reaches the loop below.
  pipeline(input, decoder, () => {});
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      meter.out(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw explain(error, subject, kind);
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, meter: OutputMeter): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    meter.in(chunk.length);
    yield chunk;
  }
}

async function* inFrames(
  source: AsyncIterable<Uint8Array>,
  meter: OutputMeter,
  subject: string,
): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames(subject);
  for await (const chunk of source) {
    meter.in(chunk.length);
    yield* frames.pieces(chunk);
  }
  frames.end();
}

function explain(error: unknown, subject: string, kind: string): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof FirekilnError) return error;
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return new FirekilnError('LIMIT_EXCEEDED', `${subject}: its zstd window is above 128 MiB`, { cause: error });
  }
  if (!/^(?:Z_|ZSTD_)/.test(code)) return error;
  const what = code === 'Z_BUF_ERROR' ? 'ends too early' : 'is damaged, or something else follows it';
  return new FirekilnError('COMPRESSION_INVALID', `${subject}: the ${kind} data ${what}`, { cause: error });
}
