import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/system-error.ts';
import {
  decodeRecord,
  headerBytes,
  type LogRecord,
  logFileName,
  logFilePosition,
  maxRecordBytes,
} from './log-format.ts';

/** Read at once. */
const batchBytes = 4 * (headerBytes + maxRecordBytes);

/** Reads the log of a VM from its oldest byte on, while it is written or afterwards. */
export class LogCursor {
  readonly #folder: string;
  /** Of the next record. */
  position = 0;
  /** What was removed before this cursor came to it. */
  lostBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The next records; none if there are no more by now. */
  async next(): Promise<readonly LogRecord[]> {
    for (;;) {
      const file = await this.#file();
      if (file === undefined) return [];
      const records = await this.#read(file.position);
      if (records === undefined) continue;
      if (records.length > 0) return records;
      if (file.next === undefined) return [];
      // The rest of a file that has a successor is a record that was cut off.
      this.position = file.next;
    }
  }

  /** The file that holds the position; moves on to the oldest one if it is gone. */
  async #file(): Promise<{ readonly position: number; readonly next: number | undefined } | undefined> {
    const positions = (await this.#names())
      .map(logFilePosition)
      .filter((position) => position !== undefined)
      .sort((a, b) => a - b);
    const [oldest] = positions;
    if (oldest === undefined) return undefined;
    if (oldest > this.position) {
      if (this.position > 0) this.lostBytes += oldest - this.position;
      this.position = oldest;
    }
    const index = positions.findLastIndex((position) => position <= this.position);
    const position = positions[index];
    return position === undefined ? undefined : { position, next: positions[index + 1] };
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Undefined if the file was removed meanwhile. */
  async #read(start: number): Promise<readonly LogRecord[] | undefined> {
    const bytes = Buffer.allocUnsafe(batchBytes);
    let length: number;
    try {
      await using file = await open(join(this.#folder, logFileName(start)), 'r');
      ({ bytesRead: length } = await file.read(bytes, 0, batchBytes, this.position - start));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    const records: LogRecord[] = [];
    let offset = 0;
    for (;;) {
      const record = decodeRecord(bytes.subarray(0, length), offset);
      if (record === undefined) break;
      records.push(record);
      offset += headerBytes + record.data.length;
    }
    this.position += offset;
    return records;
  }
}
