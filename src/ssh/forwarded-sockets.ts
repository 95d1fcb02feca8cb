import { createConnection } from 'node:net';
import type ssh2 from 'ssh2';

/** Unix sockets that the server listens on for us (OpenSSH's PROTOCOL, section 2.4), each with the socket it leads to. */
export class ForwardedSockets {
  readonly #client: ssh2.Client;
  readonly #targets = new Map<string, string>();

  constructor(client: ssh2.Client) {
    this.#client = client;
    client.on('unix connection', ({ socketPath }, accept, reject) => {
      const target = this.#targets.get(socketPath);
      if (target === undefined) reject();
      else join(target, accept, reject);
    });
  }

  /** `path` is on the server, where nothing may be yet; `target` is on this host. */
  async add(path: string, target: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.openssh_forwardInStreamLocal(path, (error) => (error ? reject(error) : resolve()));
    });
    this.#targets.set(path, target);
  }

  /** What is connected stays so; the socket's file too. */
  async remove(path: string): Promise<void> {
    this.#targets.delete(path);
    await new Promise<void>((resolve) => {
      this.#client.openssh_unforwardInStreamLocal(path, () => resolve());
    });
  }
}

function join(target: string, accept: () => ssh2.Channel, reject: () => void): void {
  const socket = createConnection(target);
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.off('error', reject);
    const channel = accept();
    socket.on('error', () => channel.close());
    channel.on('error', () => socket.destroy());
    channel.once('close', () => socket.destroy());
    channel.pipe(socket).pipe(channel);
  });
}
