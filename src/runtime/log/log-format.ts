/**
 * The log of a VM: a folder of files, each named for the position of its first byte in the whole log (20 digits). A
 * file is a sequence of records: a header of 16 bytes (stream, 3 zero bytes, length as a 32-bit little-endian number,
 * time in milliseconds since the epoch as a little-endian double) and the data. Files at the front are removed when
 * the log outgrows its ceiling; a record that was cut off by a crash ends its file.
 */
export interface LogRecord {
  readonly stream: LogStream;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly data: Buffer;
}

export type LogStream = 'stdout' | 'stderr' | 'console';

const streams: readonly LogStream[] = ['console', 'stdout', 'stderr'];

export const headerBytes = 16;
/** Of one record; longer output is split. */
export const maxRecordBytes = 64 * 1024;

export function encodeHeader(stream: LogStream, time: number, length: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(streams.indexOf(stream), 0);
  header.writeUInt32LE(length, 4);
  header.writeDoubleLE(time, 8);
  return header;
}

/** Undefined if the bytes at `offset` are no whole record. */
export function decodeRecord(bytes: Buffer, offset: number): LogRecord | undefined {
  if (offset + headerBytes > bytes.length) return undefined;
  const stream = streams[bytes.readUInt8(offset)];
  const length = bytes.readUInt32LE(offset + 4);
  if (stream === undefined || length > maxRecordBytes) return undefined;
  const end = offset + headerBytes + length;
  if (end > bytes.length) return undefined;
  return { stream, time: bytes.readDoubleLE(offset + 8), data: bytes.subarray(offset + headerBytes, end) };
}

export function logFileName(position: number): string {
  return String(position).padStart(20, '0');
}

/** The position that a file's name says, or undefined for other files. */
export function logFilePosition(name: string): number | undefined {
  return /^[0-9]{20}$/.test(name) ? Number(name) : undefined;
}
