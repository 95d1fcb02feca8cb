import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { runProcess } from '../../../../src/base/process.ts';
import type { RandomAccess } from '../../../../src/formats/io/random-access.ts';
import { readZipEntries, readZipFile } from '../../../../src/formats/zip/zip.ts';
import { describeWithTools } from '../../../support/tools.ts';

function access(bytes: Buffer): RandomAccess {
  return { size: bytes.length, read: (target, position) => bytes.copy(target, 0, position, position + target.length) };
}

// Python's zipfile writes the archives: the outside judge of what a zip is.
const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.comment = b'a comment PK'
    z.writestr(zipfile.ZipInfo('stored.txt'), 'plain')
    z.writestr(zipfile.ZipInfo('empty'), '')
    z.writestr(zipfile.ZipInfo('d/\\u00e4.bin'), bytes(range(256)) * 4000, zipfile.ZIP_DEFLATED)
    z.writestr(zipfile.ZipInfo('lzma'), 'x' * 1000, zipfile.ZIP_LZMA)
`;

describeWithTools(['python3'], 'zip', () => {
  let folder: string;
  let bytes: Buffer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fk-zip-'));
    writeFileSync(join(folder, 'make.py'), script);
    await runProcess('python3', { args: [join(folder, 'make.py'), join(folder, 'a.zip')] });
    bytes = readFileSync(join(folder, 'a.zip'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads stored, empty and deflated files', () => {
    const entries = readZipEntries(access(bytes));
    expect(entries.map(({ name }) => name)).toEqual(['stored.txt', 'empty', 'd/ä.bin', 'lzma']);
    const [plain, empty, binary] = entries.slice(0, 3).map((entry) => readZipFile(access(bytes), entry));
    expect(String(plain)).toBe('plain');
    expect(empty).toHaveLength(0);
    expect(binary?.equals(Buffer.concat(Array.from({ length: 4000 }, () => Buffer.from([...Array(256).keys()]))))).toBe(
      true,
    );
  });

  it('names a compression method that it does not know', () => {
    const entry = readZipEntries(access(bytes)).find(({ name }) => name === 'lzma');
    if (entry === undefined) throw new Error('no entry');
    expect(() => readZipFile(access(bytes), entry)).toThrow(/lzma: compression method 14 is not supported/);
  });

  it('meets any damage with an error of ours, never with wrong bytes', () => {
    const whole = readZipEntries(access(bytes)).map(({ name }) => name);
    const cut = fc.nat(bytes.length - 1);
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.option(cut), flips, (length, changes) => {
        const copy = Buffer.from(length === null ? bytes : bytes.subarray(0, length));
        for (const [at, mask] of changes) if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ mask;
        try {
          for (const entry of readZipEntries(access(copy))) {
            const data = readZipFile(access(copy), entry);
            expect(data.length).toBe(entry.size);
          }
        } catch (error) {
          expect(isFirekilnError(error, 'ZIP_INVALID') || isFirekilnError(error, 'LIMIT_EXCEEDED')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(whole).toHaveLength(4);
  });
});
