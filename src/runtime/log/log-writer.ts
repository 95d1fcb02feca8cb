import { EventEmitter } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { explainSystemError } from '../../base/system-error.ts';
import { encodeHeader, headerBytes, type LogStream, logFileName, maxRecordBytes } from './log-format.ts';

export interface LogLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  /** How much goes at once when that is exceeded. */
  readonly fileBytes: number;
}

/** 16 MiB of what a VM's entrypoint wrote, the last of it. */
export const outputLimits: LogLimits = { maxBytes: 16 << 20, fileBytes: 1 << 20 };
/** 1 MiB of a guest's console. */
export const consoleLimits: LogLimits = { maxBytes: 1 << 20, fileBytes: 256 << 10 };

/**
 * Writes the log of a VM (see {@link LogRecord}); the folder is new. Writes are synchronous: who reads up to
 * {@link LogWriter.end} finds everything. What can't be written, as on a full disk, is dropped and counted.
 */
export class LogWriter implements Disposable {
  readonly folder: string;
  readonly #limits: LogLimits;
  readonly #changes = new EventEmitter();
  readonly #files: { readonly position: number; bytes: number }[] = [];
  #descriptor: number | undefined;
  /** Position after the last byte. */
  end = 0;
  lostBytes = 0;
  #closed = false;

  constructor(folder: string, limits: LogLimits) {
    this.folder = folder;
    this.#limits = limits;
    this.#changes.setMaxListeners(0);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw explainSystemError(error, 'creating', folder);
    }
  }

  append(stream: LogStream, data: Buffer, time = Date.now()): void {
    if (this.#closed) return;
    for (let offset = 0; offset < data.length; offset += maxRecordBytes) {
      this.#write(stream, data.subarray(offset, offset + maxRecordBytes), time);
    }
    this.#changes.emit('change');
  }

  /** Resolves at the next append or close; at once if there is more than `position` already, or nothing will come. */
  async changed(position: number): Promise<void> {
    if (this.end > position || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#changes.once('change', () => resolve());
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Nothing more comes; safe twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#changes.emit('change');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(stream: LogStream, data: Buffer, time: number): void {
    try {
      this.#descriptor ??= this.#nextFile();
      const file = this.#files.at(-1);
      if (file === undefined) return;
      const length = headerBytes + data.length;
      const written = writevSync(this.#descriptor, [encodeHeader(stream, time, data.length), data], file.bytes);
      if (written < length) {
        // The next record overwrites what is there of this one.
        this.lostBytes += data.length;
        return;
      }
      file.bytes += length;
      this.end += length;
      if (file.bytes >= this.#limits.fileBytes) {
        closeSync(this.#descriptor);
        this.#descriptor = undefined;
        this.#dropOld();
      }
    } catch {
      this.lostBytes += data.length;
    }
  }

  #nextFile(): number {
    const descriptor = openSync(join(this.folder, logFileName(this.end)), 'w', 0o600);
    this.#files.push({ position: this.end, bytes: 0 });
    return descriptor;
  }

  #dropOld(): void {
    let total = this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
    // Room for the file that comes next.
    while (total + this.#limits.fileBytes > this.#limits.maxBytes) {
      const oldest = this.#files.shift();
      if (oldest === undefined) return;
      rmSync(join(this.folder, logFileName(oldest.position)), { force: true });
      total -= oldest.bytes;
    }
  }
}
