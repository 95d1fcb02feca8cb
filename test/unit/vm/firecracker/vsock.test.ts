import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { dialVsock } from '../../../../src/vm/firecracker/vsock.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const sockets = new Set<Socket>();
let server: Server | undefined;

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server?.close();
});

/** Firecracker's end: `answer` is told the number of the connection and what came. */
async function listen(answer: (attempt: number, request: string, socket: Socket) => void): Promise<string> {
  const path = join(folder.path, 'v');
  let attempts = 0;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const attempt = ++attempts;
    socket.once('data', (chunk) => answer(attempt, String(chunk), socket));
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

const dial = (path: string, change: { life?: AbortSignal; signal?: AbortSignal } = {}) =>
  dialVsock({ path, port: 22, machineId: 'x', life: new AbortController().signal, signal: undefined, ...change });

it('asks for the port, and gives what follows the answer', async () => {
  let asked = '';
  const path = await listen((_, request, socket) => {
    asked = request;
    socket.write('OK 1073741824\nSSH-2.0-x\r\n');
  });
  const stream = await dial(path);
  const [greeting] = (await stream.take(1).toArray()) as Buffer[];
  expect(asked).toBe('CONNECT 22\n');
  expect(String(greeting)).toBe('SSH-2.0-x\r\n');
});

it('tries until the guest listens', async () => {
  const path = await listen((attempt, _, socket) => {
    if (attempt < 4) socket.destroy();
    else if (attempt === 4) socket.write('no protocol of Firecracker, and far too long for one\n');
    else socket.write('OK 5\n');
  });
  (await dial(path)).destroy();
});

it('rejects with ABORTED, and with VM_ENDED', async () => {
  const path = await listen(() => {});
  const abort = new AbortController();
  const aborted = dial(path, { signal: abort.signal });
  setTimeout(() => abort.abort(), 30);
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  const life = new AbortController();
  const ended = dial(path, { life: life.signal });
  setTimeout(() => life.abort(), 30);
  await expect(ended).rejects.toMatchObject({ code: 'VM_ENDED' });
});
