import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import type { PublishedPort } from '../../net/provider.ts';

/** Ports of the host that a VM has taken; connections wait for {@link connectTo}. */
export interface PortForwarder extends AsyncDisposable {
  /** As they are bound: no port is 0. */
  readonly ports: readonly PublishedPort[];
  /** From now on connections are passed on to the guest by this. */
  connectTo(connect: (port: number) => Promise<Duplex>): void;
}

/** Binds all or none. Throws PORT_TAKEN, PERMISSION. */
export async function listenOnPorts(wanted: readonly PublishedPort[]): Promise<PortForwarder> {
  const servers: Server[] = [];
  const sockets = new Set<Socket | Duplex>();
  let connect: ((port: number) => Promise<Duplex>) | undefined;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  const track = (socket: Socket | Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const ports: PublishedPort[] = [];
  try {
    for (const port of wanted) {
      // Half-open: a client may end its request and still wait for the answer.
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        track(socket);
        socket.on('error', () => socket.destroy());
        if (connect === undefined) {
          socket.destroy();
          return;
        }
        connect(port.guestPort).then(
          (guest) => {
            track(guest);
            join(socket, guest);
          },
          // Nobody listens in the guest: as if nobody listened here.
          () => socket.resetAndDestroy(),
        );
      });
      const hostPort = await listen(server, port);
      servers.push(server);
      ports.push({ ...port, hostPort });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports,
    connectTo: (made) => {
      connect = made;
    },
    [Symbol.asyncDispose]: close,
  };
}

function join(socket: Socket, guest: Duplex): void {
  if (socket.destroyed) {
    guest.destroy();
    return;
  }
  guest.on('error', () => socket.destroy());
  socket.once('close', () => guest.destroy());
  guest.once('close', () => socket.destroySoon());
  socket.pipe(guest);
  guest.pipe(socket);
}

async function listen(server: Server, { hostAddress, hostPort }: PublishedPort): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, hostAddress, hostPort)));
    server.listen({ host: hostAddress, port: hostPort, exclusive: true }, () => {
      server.removeAllListeners('error');
      server.on('error', () => {});
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : hostPort);
    });
  });
}

function explain(error: unknown, address: string, port: number): unknown {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new FirekilnError('PORT_TAKEN', `port ${port} of ${address} is taken`, { cause: error });
    case 'EACCES':
      return new FirekilnError('PERMISSION', `port ${port} of ${address} may not be used by this user`, {
        hint: 'Ports below 1024 are for root: choose a higher one.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new FirekilnError('PORT_INVALID', `${address} is no address of this host`, { cause: error });
    default:
      return error;
  }
}
