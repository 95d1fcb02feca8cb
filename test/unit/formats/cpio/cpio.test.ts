import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteString, byteString, byteStringFromText } from '../../../../src/base/byte-string.ts';
import { runProcess } from '../../../../src/base/process.ts';
import { type CpioEntry, writeCpio } from '../../../../src/formats/cpio/cpio.ts';

const file = (path: string, data: string | Uint8Array, mode = 0o644): CpioEntry => ({
  path: byteStringFromText(path),
  mode,
  content: { kind: 'file', data: Buffer.from(data) },
});
const folder = (path: string): CpioEntry => ({
  path: byteStringFromText(path),
  mode: 0o755,
  content: { kind: 'directory' },
});

describe('writeCpio, read back by GNU cpio', () => {
  it('keeps files, folders, links, modes and times', async () => {
    const entries: CpioEntry[] = [
      folder('d'),
      { ...file('d/run', '#!/bin/sh\n', 0o4755), mtimeSec: 86_400 },
      file('empty', ''),
      { path: 'l' as ByteString, mode: 0o777, content: { kind: 'symlink', target: 'd/run' as ByteString } },
      file(`d/${'n'.repeat(250)}`, 'long'),
    ];
    const cwd = mkdtempSync(join(tmpdir(), 'cpio-'));
    try {
      await runProcess('cpio', { args: ['-idm', '--quiet'], cwd, stdin: writeCpio(entries) });
      expect(readFileSync(join(cwd, 'd/run'), 'utf8')).toBe('#!/bin/sh\n');
      expect(statSync(join(cwd, 'd/run')).mode & 0o7777).toBe(0o4755);
      expect(statSync(join(cwd, 'd/run')).mtimeMs).toBe(86_400_000);
      expect(statSync(join(cwd, 'empty')).size).toBe(0);
      expect(readlinkSync(join(cwd, 'l'))).toBe('d/run');
      expect(readFileSync(join(cwd, 'd', 'n'.repeat(250)), 'utf8')).toBe('long');
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it('lists any names and sizes as written', async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => byteString(bytes.map((b) => (b === 0 || b === 0x2f || b === 0x0a ? 0x61 : b))));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ name, data: fc.uint8Array({ maxLength: 3000 }) }), {
          selector: (entry) => entry.name,
          maxLength: 12,
        }),
        async (files) => {
          const archive = writeCpio(
            files.map((entry) => ({ path: entry.name, mode: 0o600, content: { kind: 'file', data: entry.data } })),
          );
          expect(archive.length % 512).toBe(0);
          const { stdout } = await runProcess('cpio', {
            args: ['-itv', '--quiet'],
            stdin: archive,
            env: { LC_ALL: 'C', TZ: 'UTC', PATH: process.env.PATH },
          });
          const lines = stdout.toString('latin1').split('\n').filter(Boolean);
          expect(lines.map((line) => Number(line.split(/\s+/)[4]))).toEqual(files.map((entry) => entry.data.length));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('writeCpio', () => {
  it('is deterministic', () => {
    const entries = [folder('a'), file('a/b', 'x')];
    expect(writeCpio(entries).equals(writeCpio(entries))).toBe(true);
  });

  it.each(['', '/abs', 'a\0b'])('refuses the path %j', (path) => {
    expect(() => writeCpio([file(path, '')])).toThrow(expect.objectContaining({ code: 'CPIO_INVALID' }));
  });

  it('refuses an owner above 32 bits, naming the file', () => {
    expect(() => writeCpio([{ ...file('who', ''), uid: 2 ** 32 }])).toThrow(/who/);
  });
});
