import type { Socket } from 'node:net';

/**
 * What goes over the control socket of a shim, both ways: a byte for the kind, the length as a 32-bit big-endian
 * number, the payload. `message` is JSON; an empty `stdin` ends the input.
 */
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

export type FrameKind = 'message' | 'stdin' | 'stdout' | 'stderr';

const kinds: readonly FrameKind[] = ['message', 'stdin', 'stdout', 'stderr'];
/** Both ends are ours; more than this is a stranger. */
const maxPayloadBytes = 4 << 20;

export function encodeFrame(kind: FrameKind, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + payload.length);
  frame.writeUInt8(kinds.indexOf(kind), 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, 5);
  return frame;
}

export function encodeMessage(message: object): Buffer {
  return encodeFrame('message', Buffer.from(JSON.stringify(message)));
}

/** Resolves when the socket wants more; at once if it is closed. */
export async function writeFrame(socket: Socket, frame: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(frame)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}

/** Puts frames together from chunks. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): readonly Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      if (this.#rest.length < 5) return frames;
      const kind = kinds[this.#rest.readUInt8(0)];
      const length = this.#rest.readUInt32BE(1);
      if (kind === undefined || length > maxPayloadBytes) throw new Error('not the protocol of a shim');
      if (this.#rest.length < 5 + length) return frames;
      frames.push({ kind, payload: this.#rest.subarray(5, 5 + length) });
      this.#rest = this.#rest.subarray(5 + length);
    }
  }
}
