import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogCursor } from '../../../../src/runtime/log/log-cursor.ts';
import type { LogRecord } from '../../../../src/runtime/log/log-format.ts';
import { LogWriter } from '../../../../src/runtime/log/log-writer.ts';
import { tailLines } from '../../../../src/runtime/log/tail-lines.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = useTemporaryFolder();
const limits = { maxBytes: 64 * 1024, fileBytes: 16 * 1024 };

async function readAll(cursor: LogCursor): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (;;) {
    const records = await cursor.next();
    if (records.length === 0) return all;
    all.push(...records);
  }
}

const text = (records: readonly LogRecord[]) => Buffer.concat(records.map(({ data }) => data)).toString('latin1');

describe('the log of a VM', () => {
  it('keeps streams, times and bytes apart', async () => {
    using log = new LogWriter(join(temporary.path, 'log'), limits);
    log.append('stdout', Buffer.from([0, 255, 10]), 1000.5);
    log.append('stderr', Buffer.from('oh'), 2000);
    const records = await readAll(new LogCursor(log.folder));
    expect(records).toEqual([
      { stream: 'stdout', time: 1000.5, data: Buffer.from([0, 255, 10]) },
      { stream: 'stderr', time: 2000, data: Buffer.from('oh') },
    ]);
  });

  it('is read while it is written, across files', async () => {
    using log = new LogWriter(join(temporary.path, 'log'), limits);
    const cursor = new LogCursor(log.folder);
    let seen = '';
    let written = '';
    for (let line = 0; line < 900; line++) {
      const one = `${line} ${'x'.repeat(line % 50)}\n`;
      written += one;
      log.append('stdout', Buffer.from(one));
      if (line % 7 === 0) seen += text(await readAll(cursor));
    }
    seen += text(await readAll(cursor));
    expect(seen).toBe(written);
    expect(cursor.position).toBe(log.end);
    expect((await readdir(log.folder)).length).toBeGreaterThan(1);
  });

  it('never outgrows its ceiling, and tells those who come late what they missed', async () => {
    using log = new LogWriter(join(temporary.path, 'log'), limits);
    const cursor = new LogCursor(log.folder);
    log.append('stdout', Buffer.from('first'));
    expect(text(await cursor.next())).toBe('first');
    for (let count = 0; count < 300; count++) log.append('stdout', Buffer.alloc(1000, count % 256));
    const rest = await readAll(cursor);
    const kept = rest.reduce((sum, { data }) => sum + data.length + 16, 0);
    expect(kept).toBeLessThanOrEqual(limits.maxBytes);
    expect(cursor.lostBytes + kept).toBe(log.end - (16 + 5));
    expect(rest.at(-1)?.data[0]).toBe(299 % 256);
  });

  it('splits what is longer than a record', async () => {
    using log = new LogWriter(join(temporary.path, 'log'), { maxBytes: 1 << 20, fileBytes: 1 << 18 });
    const data = Buffer.alloc(200_000, 'ab');
    log.append('stdout', data);
    expect(Buffer.concat((await readAll(new LogCursor(log.folder))).map((one) => one.data)).equals(data)).toBe(true);
  });

  it('ends before a record that a crash cut off', async () => {
    using log = new LogWriter(join(temporary.path, 'log'), limits);
    log.append('stdout', Buffer.from('whole'));
    const [name = ''] = await readdir(log.folder);
    await appendFile(join(log.folder, name), Buffer.from([1, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]));
    expect(text(await readAll(new LogCursor(log.folder)))).toBe('whole');
  });

  it('is empty where there is none', async () => {
    expect(await new LogCursor(join(temporary.path, 'none')).next()).toEqual([]);
  });

  it('tells who waits of news, and of the end', async () => {
    const log = new LogWriter(join(temporary.path, 'log'), limits);
    const news = log.changed(log.end);
    log.append('stdout', Buffer.from('x'));
    await news;
    const end = log.changed(log.end);
    log.close();
    await end;
    log.append('stdout', Buffer.from('late'));
    expect(text(await readAll(new LogCursor(log.folder)))).toBe('x');
  });
});

describe('tailLines', () => {
  const record = (data: string, stream: 'stdout' | 'stderr' = 'stdout') => ({
    stream,
    time: 0,
    data: Buffer.from(data),
  });
  const records = [record('one\ntw'), record('err\n', 'stderr'), record('o\nthree\n')];

  it.each([
    [0, ''],
    [1, 'three\n'],
    [2, 'o\nthree\n'],
    [3, 'twerr\no\nthree\n'],
    [9, 'one\ntwerr\no\nthree\n'],
  ])('gives the last %i lines', (count, expected) => {
    expect(text(tailLines(records, count))).toBe(expected);
  });

  it('counts a last line without an end', () => {
    expect(text(tailLines([record('a\nb\nc')], 2))).toBe('b\nc');
  });
});
