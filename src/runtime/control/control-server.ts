import { chmod } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { serveUnix } from '../../base/unix-server.ts';
import { controlSocketName } from './control-client.ts';
import { failureOf } from './failure.ts';
import { encodeFrame, encodeMessage, FrameReader, writeFrame } from './frames.ts';
import type { Answer, Notice, Request } from './messages.ts';

/** One who talks to the shim. */
export interface ControlPeer {
  /** Calls for each further message and for input; `undefined` is the input's end. */
  onNotice(listener: (notice: Notice) => void): void;
  onInput(listener: (data: Buffer | undefined) => void): void;
  onClose(listener: () => void): void;
  readonly closed: boolean;
  /** Stops reading, so that the other side stops writing. */
  pause(): void;
  resume(): void;
  answer(answer: Answer): void;
  /** Resolves when there is room for more. */
  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
}

export interface ControlServer extends AsyncDisposable {
  /** Resolves when every connection is closed; the peers' last answers are flushed before. */
  drained(): Promise<void>;
}

/**
 * Listens on the control socket of the run folder (0600 in a folder of 0700). `handle` serves one request; when it is
 * done, or has thrown, which is told as `failed`, the connection ends.
 */
export async function serveControl(
  runDir: string,
  handle: (request: Request, peer: ControlPeer) => Promise<void>,
): Promise<ControlServer> {
  const path = join(runDir, controlSocketName);
  const server = await serveUnix(path, (socket) => serveSocket(socket, handle));
  await chmod(path, 0o600);
  return {
    drained: async () => {
      await Promise.all([...server.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    },
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  };
}

function serveSocket(socket: Socket, handle: (request: Request, peer: ControlPeer) => Promise<void>): void {
  const reader = new FrameReader();
  const notices: ((notice: Notice) => void)[] = [];
  const inputs: ((data: Buffer | undefined) => void)[] = [];
  /** What came before anybody listened for it. */
  const early: (Buffer | undefined)[] = [];
  let started = false;
  const peer: ControlPeer = {
    onNotice: (listener) => notices.push(listener),
    onInput: (listener) => {
      inputs.push(listener);
      for (const data of early.splice(0)) listener(data);
    },
    onClose: (listener) => {
      if (socket.destroyed) listener();
      else socket.once('close', listener);
    },
    get closed() {
      return socket.destroyed;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    answer: (answer) => {
      if (!socket.destroyed) socket.write(encodeMessage(answer));
    },
    output: async (stream, data) => await writeFrame(socket, encodeFrame(stream, data)),
  };
  // A peer that goes is no error of the shim's.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const { kind, payload } of reader.push(chunk)) {
        if (kind === 'stdin') {
          const data = payload.length === 0 ? undefined : payload;
          if (inputs.length === 0) early.push(data);
          for (const listener of inputs) listener(data);
        } else if (kind === 'message') {
          const message: unknown = JSON.parse(payload.toString('utf8'));
          if (started) for (const listener of notices) listener(message as Notice);
          else {
            started = true;
            void serveRequest(message as Request);
          }
        }
      }
    } catch {
      socket.destroy();
    }
  });
  const serveRequest = async (request: Request): Promise<void> => {
    try {
      await handle(request, peer);
    } catch (error) {
      peer.answer({ event: 'failed', ...failureOf(error) });
    }
    socket.end();
  };
}
