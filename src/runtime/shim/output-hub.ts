import type { ControlPeer } from '../control/control-server.ts';
import { LogCursor } from '../log/log-cursor.ts';
import type { LogWriter } from '../log/log-writer.ts';

/** How far one who is attached may lag behind before the program has to wait for him. */
const maxLagBytes = 4 << 20;

/** Hands the log of an entrypoint to those who are attached, each at his own pace, none losing anything. */
export class OutputHub {
  readonly #log: LogWriter;
  readonly #cursors = new Set<LogCursor>();
  readonly #pumps = new Set<Promise<void>>();
  #flow: { pause(): void; resume(): void } | undefined;
  #paused = false;

  constructor(log: LogWriter) {
    this.#log = log;
  }

  /** The program that is slowed down. */
  control(flow: { pause(): void; resume(): void }): void {
    this.#flow = flow;
  }

  /** To be called after each append. */
  appended(): void {
    this.#regulate();
  }

  /** Everything from the first byte on, until the log is closed or the peer has gone. */
  async pump(peer: ControlPeer): Promise<void> {
    const cursor = new LogCursor(this.#log.folder);
    this.#cursors.add(cursor);
    const work = this.#copy(cursor, peer);
    this.#pumps.add(work);
    try {
      await work;
    } finally {
      this.#pumps.delete(work);
      this.#cursors.delete(cursor);
      this.#regulate();
    }
  }

  /** Resolves when all who are attached have everything; the log is closed. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#pumps);
  }

  async #copy(cursor: LogCursor, peer: ControlPeer): Promise<void> {
    while (!peer.closed) {
      const records = await cursor.next();
      for (const { stream, data } of records) {
        if (stream !== 'console') await peer.output(stream, data);
        if (peer.closed) return;
      }
      this.#regulate();
      if (records.length > 0) continue;
      if (this.#log.closed && cursor.position >= this.#log.end) return;
      await Promise.race([this.#log.changed(cursor.position), closed(peer)]);
    }
  }

  #regulate(): void {
    const lag = Math.max(0, ...[...this.#cursors].map(({ position }) => this.#log.end - position));
    if (!this.#paused && lag > maxLagBytes) {
      this.#paused = true;
      this.#flow?.pause();
    } else if (this.#paused && lag < maxLagBytes / 2) {
      this.#paused = false;
      this.#flow?.resume();
    }
  }
}

function closed(peer: ControlPeer): Promise<void> {
  return new Promise((resolve) => peer.onClose(resolve));
}
