import type { Duplex } from 'node:stream';
import { delay } from '../../base/abort.ts';

const mostTries = 20;
const pauseMs = 10;

/**
 * Connects with a guest whose vsock device was just reset, as by a snapshot: when the guest learns of it, it ends the
 * connections that it has then (Firecracker, docs/snapshotting/snapshot-support.md, "Vsock device reset"), and a quick one is
 * among these. A connection counts once the guest's server has said something, or `silenceMs` after it was made: for a
 * server that speaks first as long as a busy host may need, for others not long.
 */
export async function dialAfterReset(
  dial: () => Promise<Duplex>,
  { silenceMs, signal }: { readonly silenceMs: number; readonly signal: AbortSignal },
): Promise<Duplex> {
  for (let tries = 1; ; tries++) {
    const stream = await dial();
    if (tries === mostTries || (await speaks(stream, silenceMs, signal))) return stream;
    stream.destroy();
    // An end of the machine, or of the caller's patience, is told by the next dial.
    await delay(tries * pauseMs, signal).catch(() => {});
  }
}

/** False if the stream, or the wait, ends before anything came; what came stays in it. */
async function speaks(stream: Duplex, silenceMs: number, signal: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onReadable = () => {};
  let onEnd = () => {};
  const isOpen = await new Promise<boolean>((resolve) => {
    onReadable = () => {
      if (stream.readableLength > 0) resolve(true);
    };
    onEnd = () => resolve(false);
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
    signal.addEventListener('abort', onEnd);
    if (signal.aborted) onEnd();
    timer = setTimeout(() => resolve(true), silenceMs);
    onReadable();
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', onEnd);
  stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
  return isOpen;
}
