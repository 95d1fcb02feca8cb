import type { Duplex } from 'node:stream';

/** A server that lets the client speak first is waited for no longer. */
const silenceMs = 2000;

/**
 * Connects with a guest whose vsock device was just reset, as by a snapshot: when the guest learns of it, it ends the
 * connections that it has then (Firecracker, docs/snapshotting/snapshot-support.md, "Vsock device reset"), and a quick one is
 * among these. A connection counts once the guest's server has said something.
 */
export async function dialAfterReset(dial: () => Promise<Duplex>): Promise<Duplex> {
  for (;;) {
    const stream = await dial();
    if (await speaks(stream)) return stream;
    stream.destroy();
  }
}

/** False if the stream ends before anything came; what came stays in it. */
async function speaks(stream: Duplex): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onReadable = () => {};
  let onEnd = () => {};
  const isOpen = await new Promise<boolean>((resolve) => {
    onReadable = () => {
      if (stream.readableLength > 0) resolve(true);
    };
    onEnd = () => resolve(false);
    stream.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
    timer = setTimeout(() => resolve(true), silenceMs);
    onReadable();
  });
  clearTimeout(timer);
  stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
  return isOpen;
}
