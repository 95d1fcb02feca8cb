import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { dialAfterReset } from '../../../../src/vm/firecracker/dial-after-reset.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

async function dialling(answer: (attempt: number, socket: Socket) => void, silenceMs = 60_000) {
  let attempts = 0;
  const path = join(folder.path, 's');
  const server = createServer((socket) => {
    sockets.add(socket);
    answer(++attempts, socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { signal } = new AbortController();
  const stream = await dialAfterReset(async () => connect(path), { silenceMs, signal }).finally(() => server.close());
  return { stream, attempts };
}

it('dials again until the other side has spoken, and keeps what it said', async () => {
  const { stream, attempts } = await dialling((attempt, socket) => {
    if (attempt === 1) socket.destroy();
    else if (attempt === 2) socket.end();
    else socket.write('SSH-2.0-x\r\n');
  });
  const heard: string[] = [];
  stream.on('data', (chunk) => heard.push(String(chunk)));
  await expect.poll(() => heard.join('')).toBe('SSH-2.0-x\r\n');
  expect(attempts).toBe(3);
  stream.destroy();
});

it('takes a server that waits for the client', async () => {
  const { stream } = await dialling((_, socket) => socket.once('data', () => socket.end('answer')), 10);
  stream.write('question');
  expect(String((await stream.toArray())[0])).toBe('answer');
});

it('ends with its signal while nobody speaks', async () => {
  const path = join(folder.path, 's');
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const abort = new AbortController();
  let attempts = 0;
  const dial = async () => {
    abort.signal.throwIfAborted();
    attempts++;
    setTimeout(() => abort.abort(new Error('enough')), 10);
    return connect(path);
  };
  const dialled = dialAfterReset(dial, { silenceMs: 60_000, signal: abort.signal }).finally(() => server.close());
  await expect(dialled).rejects.toThrow('enough');
  expect(attempts).toBe(1);
});
