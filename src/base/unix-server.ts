import { createServer, type Socket } from 'node:net';

/** Disposing of it ends the connections that are open, and removes the socket. */
export interface UnixServer extends AsyncDisposable {
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Listens on a Unix socket, of which nothing may be there yet (unix(7)). Rejects with the system's error. */
export async function serveUnix(path: string, serve: (socket: Socket) => void): Promise<UnixServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
