import type { LogRecord } from './log-format.ts';

/** The records that hold the last `count` lines, whichever stream they are of; the first may be cut. */
export function tailLines(records: readonly LogRecord[], count: number): readonly LogRecord[] {
  if (count <= 0) return [];
  const newline = 0x0a;
  let missing = count;
  let isLastByte = true;
  for (let index = records.length - 1; index >= 0; index--) {
    const record = records[index];
    if (record === undefined) break;
    for (let end = record.data.length - 1; end >= 0; end--) {
      // What ends the log begins no further line.
      if (record.data[end] === newline && !isLastByte && --missing === 0) {
        const rest = record.data.subarray(end + 1);
        return [...(rest.length > 0 ? [{ ...record, data: rest }] : []), ...records.slice(index + 1)];
      }
      isLastByte = false;
    }
  }
  return records;
}
