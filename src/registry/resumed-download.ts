import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { type HttpResponse, showUrl } from '../http/http-client.ts';
import { isTransient } from '../http/http-error.ts';
import { atMinimumPace, type Pace } from '../http/minimum-pace.ts';
import { pauseAfter, type RetryPolicy } from './retry-policy.ts';

export interface ResumedDownload {
  /** For messages. */
  readonly subject: string;
  /** In bytes, as the manifest says; never more is passed on. */
  readonly size: number;
  /** Asks for the content from a byte on: 200 is the whole, 206 the rest. */
  readonly open: (offset: number) => Promise<HttpResponse>;
  /** Waits before the download is taken up again. */
  readonly pause: (reason: string, pauseMs: number) => Promise<void>;
  readonly retry: RetryPolicy;
  readonly pace?: Pace | undefined;
}

/** Progress that starts the count of attempts anew; a server that gives a byte per connection must not go on for ever. */
const realProgressBytes = 1 << 20;

/**
 * The bytes of a blob of known size; a broken connection is taken up where it broke. Throws SIZE_MISMATCH as soon as
 * the server has more or less than `size`, and what `open` throws. The content is not verified here.
 */
export async function* downloadResumed(download: ResumedDownload): AsyncGenerator<Uint8Array, void, undefined> {
  const { subject, size, retry } = download;
  let position = 0;
  let attempt = 0;
  let progressFrom = 0;
  while (position < size || attempt === 0) {
    attempt += 1;
    try {
      const response = await download.open(position);
      const skip = response.status === 206 ? checkRange(response, position, download) : position;
      checkLength(response, size - position + skip, subject);
      let toSkip = skip;
      for await (const chunk of atMinimumPace(response.body, subject, download.pace)) {
        const rest = toSkip === 0 ? chunk : chunk.subarray(Math.min(toSkip, chunk.length));
        toSkip -= chunk.length - rest.length;
        if (rest.length === 0) continue;
        position += rest.length;
        if (position > size) throw wrongSize(subject, `more than the ${size} bytes of its manifest`);
        yield rest;
      }
      if (position === size) return;
      // An end without an error: the server has cut the body and said so is all of it.
      throw wrongSize(subject, `${position} bytes, its manifest says ${size}`);
    } catch (error) {
      if (position - progressFrom >= realProgressBytes) {
        progressFrom = position;
        attempt = 1;
      }
      if (!isTransient(error) || attempt >= retry.attempts || !(error instanceof Error)) throw error;
      await download.pause(error.message, pauseAfter(attempt, retry));
    }
  }
}

/** Of a 206: how many bytes of the answer we have already. */
function checkRange(response: HttpResponse, position: number, { size, subject }: ResumedDownload): number {
  const header = response.headers['content-range'] ?? '';
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header);
  const start = Number(match?.[1] ?? Number.NaN);
  const total = match?.[3] === '*' ? size : Number(match?.[3]);
  if (total !== size && match !== null) throw wrongSize(subject, `${total} bytes, its manifest says ${size}`);
  if (!(start <= position)) {
    throw new FirekilnError(
      'REGISTRY_FAILED',
      `${subject}: asked for the bytes from ${position} on, ${response.url.host} sent ${JSON.stringify(header)}`,
      { details: [showUrl(response.url)] },
    );
  }
  return position - start;
}

function checkLength(response: HttpResponse, expected: number, subject: string): void {
  const { 'content-length': length, 'content-encoding': encoding } = response.headers;
  if (length === undefined || encoding !== undefined || Number(length) === expected) return;
  throw wrongSize(subject, `the server announces ${length} bytes where ${expected} are due`);
}

function wrongSize(subject: string, what: string): FirekilnError {
  return new FirekilnError('SIZE_MISMATCH', `${subject}: ${what}`);
}
