import { getBuiltinModule } from 'node:process';

/** An import would read all that the module exports, some of which loads a whole HTTP client on being read. */
const { Agent, request } = getBuiltinModule('node:http');

/** The largest answers are the metadata, of which Firecracker takes 51,200 bytes, and the configuration of a machine. */
const maxAnswerBytes = 1 << 20;

/** HTTP over a Unix socket, one request after the other on one connection. */
export class UnixHttp {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Rejects with the system's error where nobody listens or the connection breaks. */
  async send(
    { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    return await new Promise((resolve, reject) => {
      const sent = request(
        {
          socketPath: this.#socketPath,
          agent: this.#agent,
          method,
          path,
          signal,
          headers: body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            size += chunk.length;
            if (size > maxAnswerBytes) sent.destroy(new Error(`its answer has more than ${maxAnswerBytes} bytes`));
          });
          answer.once('error', reject);
          answer.once('close', () => reject(new Error('its answer was cut off')));
          answer.once('end', () =>
            resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
