import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` or `https://localhost:PORT`. */
  readonly origin: string;
}

/** An HTTP server on loopback; with `tls` its certificate is for `localhost`. */
export async function serveHttp(
  listener: RequestListener,
  tls?: { readonly key: string; readonly cert: string },
): Promise<TestServer> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  return await listening(server, tls === undefined ? 'http://127.0.0.1' : 'https://localhost');
}

/** A server of raw connections on loopback. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<TestServer> {
  return await listening(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      onConnection(socket);
    }),
    'http://127.0.0.1',
  );
}

async function listening(server: Server | TcpServer, prefix: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `${prefix}:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
