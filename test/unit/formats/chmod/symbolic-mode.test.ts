import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../../../src/base/process.ts';
import { applySymbolicMode, parseSymbolicMode } from '../../../../src/formats/chmod/symbolic-mode.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-chmod-'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const apply = (text: string, mode: number, isFolder = false) =>
  applySymbolicMode(parseSymbolicMode(text), mode, isFolder).toString(8);

describe('symbolic modes', () => {
  it.each([
    ['u=rwX,go=rX', 0o644, false, '644'],
    ['u=rwX,go=rX', 0o755, false, '755'],
    ['u=rwX,go=rX', 0o700, true, '755'],
    ['a+x', 0o644, false, '755'],
    ['+x', 0o600, false, '711'],
    ['go-rwx', 0o777, false, '700'],
    ['u=rwX,go=', 0o664, false, '600'],
    ['u+s,g+s,+t', 0o755, false, '7755'],
    ['o+t', 0o755, true, '755'],
    ['g=u', 0o741, false, '771'],
    ['=', 0o1777, true, '1000'],
    ['a=', 0o6755, true, '0'],
    ['u=rw-w', 0o000, false, '400'],
    ['u=g', 0o4755, false, '4555'],
    ['u=rg', 0o4755, false, '555'],
    ['u=gX', 0o4654, false, '4554'],
  ])('%s on %o', (text, mode, isFolder, expected) => {
    expect(apply(text, mode, isFolder)).toBe(expected);
  });

  it.each(['', 'u', '888', 'u=rwz', 'u+x,', 'b+x', 'u rw'])('%j is refused by name', (text) => {
    expect(() => parseSymbolicMode(text)).toThrow(`${JSON.stringify(text)} is not a file mode`);
  });

  // GNU's clears setuid for `u=g` too; BuildKit's BSD reading: test/cases/build/chmod-class-letters.json.
  it('agrees with chmod(1) on files, but for what = does with the letter of a class', async () => {
    const file = join(folder, 'file');
    const clause = fc
      .tuple(
        fc.constantFrom('u', 'g', 'a', 'ug', 'uo', 'go', 'ugo'),
        fc.constantFrom('+', '-', '='),
        fc.oneof(fc.constantFrom('u', 'g', 'o'), fc.stringMatching(/^[rwxs]{0,3}$/)),
      )
      .filter(([, operator, letters]) => operator !== '=' || !/[ugo]/.test(letters))
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(clause, { minLength: 1, maxLength: 3 }).map((clauses) => clauses.join(',')),
        fc.integer({ min: 0, max: 0o777 }),
        async (text, mode) => {
          chmodSync(file, mode);
          await runProcess('chmod', { args: [`--`, text, file] });
          expect(apply(text, mode)).toBe((statSync(file).mode & 0o7777).toString(8));
        },
      ),
      { numRuns: 60 },
    );
  });
});
