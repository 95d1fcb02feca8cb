import { constants, openSync } from 'node:fs';
import { chown, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { runProcess } from '../../base/process.ts';
import type { JsonObject } from '../machine-controls.ts';
import type { VmmPlace } from './vmm-place.ts';

const name = 'metrics';
/** A record has some 10 KB. */
const maxRecordBytes = 256 << 10;
const keptRecords = 64;

/**
 * A FIFO into which Firecracker writes a line of JSON every minute and when it is asked to. The newest records are kept, so
 * nothing grows; what nobody reads in time is lost, as Firecracker does not wait.
 */
export class MetricsPipe {
  /** As the VMM names it. */
  readonly path: string;
  readonly #socket: Socket;
  readonly #records: JsonObject[] = [];
  readonly #waiting = new Set<() => void>();
  #rest = '';

  private constructor(path: string, socket: Socket) {
    this.path = path;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#feed(chunk.toString('utf8')));
    socket.on('error', () => {});
  }

  static async create(place: VmmPlace): Promise<MetricsPipe> {
    const { host, vmm } = await place.createFile(name);
    const { uid, gid } = await stat(host);
    await rm(host);
    await runProcess('mkfifo', { args: ['-m', '600', host], timeoutMs: 10_000 });
    await chown(host, uid, gid);
    // For writing too: there is then no end of file when Firecracker ends, and opening waits for nobody.
    const fd = openSync(host, constants.O_RDWR | constants.O_NONBLOCK);
    return new MetricsPipe(vmm, new Socket({ fd, readable: true, writable: false }));
  }

  /** The kept records once `flush` has brought another one; the signal ends the wait. */
  async collect(flush: () => Promise<void>, signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(new Error('Firecracker wrote no metrics'));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(resolve);
    try {
      await Promise.all([promise, flush()]);
      return [...this.#records];
    } finally {
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #feed(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-maxRecordBytes);
    for (const line of lines) {
      const record = parseRecord(line);
      if (record === undefined) continue;
      this.#records.push(record);
      if (this.#records.length > keptRecords) this.#records.shift();
      for (const done of this.#waiting) done();
    }
  }
}

/** Undefined for the rest of a line whose beginning was lost. */
function parseRecord(line: string): JsonObject | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? (record as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
