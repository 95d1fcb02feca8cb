import { createConnection, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitForSsh } from '../../../../src/guest/base/wait-for-ssh.ts';
import { freePort } from '../../../support/free-port.ts';

async function dial(port: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

describe('waiting for an SSH server', () => {
  it('tries until somebody speaks SSH, and gives the stream from its first byte on', async () => {
    const port = await freePort();
    const seen: string[] = [];
    let connections = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      connections++;
      if (connections === 1) socket.end('HTTP/1.1 400\r\n');
      else if (connections === 2) socket.destroy();
      else socket.write('SSH-2.0-test\r\n');
    });
    const waiting = waitForSsh(
      async () => await dial(port),
      AbortSignal.timeout(120_000),
      (what) => {
        if (seen.at(-1) !== what) seen.push(what);
        if (!server.listening) server.listen(port, '127.0.0.1');
      },
    );
    const stream = await waiting;
    const first = await new Promise<string>((resolve) =>
      stream.once('data', (chunk: Buffer) => resolve(String(chunk))),
    );
    expect(first).toBe('SSH-2.0-test\r\n');
    expect(seen).toEqual(['nothing accepts connections', 'something took the connection and did not speak SSH']);
    stream.destroy();
    server.close();
  });

  it('ends with the signal', async () => {
    const port = await freePort();
    const stop = new AbortController();
    await expect(
      waitForSsh(
        async () => await dial(port),
        stop.signal,
        () => stop.abort(),
      ),
    ).rejects.toThrow();
  });
});
