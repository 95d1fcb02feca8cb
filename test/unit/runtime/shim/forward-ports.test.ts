import { connect, createServer, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { findPortOwner } from '../../../../src/runtime/options/find-port-owner.ts';
import { listenOnPorts } from '../../../../src/runtime/shim/forward-ports.ts';

const port = (hostPort: number, guestPort = 80) =>
  ({ hostAddress: '127.0.0.1', hostPort, guestPort, protocol: 'tcp' }) as const;

describe('listenOnPorts', () => {
  it('passes both directions on, half-closed connections too', async () => {
    await using ports = await listenOnPorts([port(0, 8000)]);
    ports.connectTo(async (guestPort) => {
      const [ours, guest] = duplexPair();
      void text(guest).then((request) => guest.end(`${guestPort} got ${request}`));
      return ours;
    });
    const socket = connect({ port: ports.ports[0]?.hostPort ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('question');
    expect(await text(socket)).toBe('8000 got question');
  });

  it('resets connections that the guest refuses', async () => {
    await using ports = await listenOnPorts([port(0)]);
    ports.connectTo(async () => {
      throw new Error('refused');
    });
    const socket: Socket = connect({ port: ports.ports[0]?.hostPort ?? 0, host: '127.0.0.1' });
    const error = await new Promise((resolve) => socket.once('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('takes all ports or none, and names who has one', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', () => resolve()));
    const address = holder.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    await using free = await listenOnPorts([port(0)]);
    const other = free.ports[0]?.hostPort ?? 0;
    await free[Symbol.asyncDispose]();
    await expect(listenOnPorts([port(other), port(taken)])).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    await using again = await listenOnPorts([port(other)]);
    expect(again.ports[0]?.hostPort).toBe(other);
    expect(await findPortOwner(taken)).toMatch(new RegExp(`\\(pid ${process.pid}\\)$`));
    await new Promise((resolve) => holder.close(resolve));
    expect(await findPortOwner(taken)).toBeUndefined();
  });

  it('says that an address is not of this host', async () => {
    const elsewhere = { ...port(0), hostAddress: '192.0.2.77' };
    await expect(listenOnPorts([elsewhere])).rejects.toMatchObject({ code: 'PORT_INVALID' });
  });
});
