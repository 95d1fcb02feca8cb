import type { Duplex } from 'node:stream';
import { delay } from '../../base/abort.ts';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';

const pauseMs = 300;
/** A server on a slow guest may take its time between taking a connection and speaking. */
const speakMs = 20_000;

/**
 * Connects until somebody speaks SSH (RFC 4253, section 4.2), and gives the stream as it was before the first byte.
 * Rejects with the signal's reason; `onTry` is told what the last try gave.
 */
export async function waitForSsh(
  connect: () => Promise<Duplex>,
  signal: AbortSignal,
  onTry: (what: string) => void = () => {},
): Promise<Duplex> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const stream = await connect();
      if (await speaks(stream, signal)) return stream;
      onTry('something took the connection and did not speak SSH');
      stream.destroy();
    } catch (error) {
      const isClosed = isFirekilnError(error, 'GUEST_PORT_CLOSED') || refusals.includes(systemCode(error) ?? '');
      if (!isClosed) throw error;
      onTry('nothing accepts connections');
    }
    await delay(pauseMs, signal);
  }
}

const refusals = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET'];

async function speaks(stream: Duplex, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(speakMs)]);
  if (limit.aborted) return false;
  return await new Promise<boolean>((resolve) => {
    const end = (answer: boolean) => {
      stream.off('readable', onReadable);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      limit.removeEventListener('abort', onEnd);
      resolve(answer);
    };
    const onEnd = () => end(false);
    const onReadable = () => {
      const chunk = stream.read() as Buffer | null;
      if (chunk === null) return;
      stream.unshift(chunk);
      end(chunk.subarray(0, 4).toString('latin1') === 'SSH-'.slice(0, chunk.length));
    };
    stream.on('error', () => {});
    stream.on('readable', onReadable);
    stream.once('end', onEnd);
    stream.once('close', onEnd);
    limit.addEventListener('abort', onEnd, { once: true });
  });
}
