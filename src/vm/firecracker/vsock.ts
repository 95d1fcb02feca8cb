import { createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { abortError, delay } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Who boots a guest has a deadline of its own, which may be longer than minutes on a slow host. */
const dialDeadlineMs = 600_000;
const firstPauseMs = 20;
const longestPauseMs = 500;
/** Firecracker answers `OK <port>`. */
const maxAnswerBytes = 32;

export interface DialVsockOptions {
  /** The Unix socket of the machine's vsock device. */
  readonly path: string;
  readonly port: number;
  readonly machineId: string;
  /** Aborts when the machine ends. */
  readonly life: AbortSignal;
  readonly signal: AbortSignal | undefined;
}

/**
 * Connects to a vsock port of the guest (Firecracker, docs/vsock.md, "Host-Initiated Connections"), as soon as somebody
 * listens there.
 */
export async function dialVsock({ path, port, machineId, life, signal }: DialVsockOptions): Promise<Duplex> {
  const doing = `dialling port ${port} of the machine ${machineId}`;
  const deadline = AbortSignal.timeout(dialDeadlineMs);
  const all = AbortSignal.any([life, deadline, ...(signal === undefined ? [] : [signal])]);
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const socket = await connect(path, port, all);
    if (socket !== undefined) return socket;
    await delay(pause, all).catch(() => {});
    if (life.aborted) throw new FirekilnError('VM_ENDED', `the machine ${machineId} is not running, it has ended`);
    if (signal?.aborted) throw abortError(signal, doing);
    if (deadline.aborted) {
      throw new FirekilnError('TIMEOUT', `${doing}: the guest did not answer within ${dialDeadlineMs / 1000} s`);
    }
  }
}

/** A connection that the guest has taken; undefined if it did not. What follows Firecracker's answer stays in it. */
async function connect(path: string, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  const socket = createConnection(path);
  socket.on('error', () => {});
  const onAbort = () => socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) socket.destroy();
    socket.write(`CONNECT ${port}\n`);
    const taken = await new Promise<boolean>((resolve) => {
      let answer = Buffer.alloc(0);
      const onReadable = () => {
        for (let byte = read(socket); byte !== undefined && answer.length < maxAnswerBytes; byte = read(socket)) {
          answer = Buffer.concat([answer, byte]);
          if (byte[0] !== 0x0a) continue;
          socket.off('readable', onReadable);
          resolve(/^OK \d+\n$/.test(answer.toString('latin1')));
          return;
        }
        if (answer.length >= maxAnswerBytes) resolve(false);
      };
      socket.on('readable', onReadable);
      socket.once('end', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    if (taken) return socket;
    socket.destroy();
    return undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function read(socket: Socket): Buffer | undefined {
  return (socket.read(1) as Buffer | null) ?? undefined;
}
