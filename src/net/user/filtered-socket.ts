import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createFrameStream } from './frame-stream.ts';

export interface FilteredSocketOptions {
  /** Where the VM's network card connects, once. */
  readonly path: string;
  /** Where passt listens. */
  readonly upstream: string;
  readonly passes: (frame: Buffer) => boolean;
}

/** A Unix socket that hands the frames that pass to passt, and all of passt's back. */
export class FilteredSocket {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen({ path, upstream, passes }: FilteredSocketOptions): Promise<FilteredSocket> {
    const server = createServer();
    const filtered = new FilteredSocket(server);
    server.once('connection', (card) => {
      server.close();
      const passt = createConnection(upstream);
      filtered.#sockets.push(card, passt);
      // Whichever way it ends, both sides do.
      const both = [pipeline(card, createFrameStream(passes), passt), pipeline(passt, card)];
      void Promise.allSettled(both).then(() => {
        card.destroy();
        passt.destroy();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    return filtered;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
