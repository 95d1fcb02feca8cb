import { describe, expect, it } from 'vitest';
import { foldersOf } from '../../../src/formats/patterns/folders-of.ts';
import { compileGlob } from '../../../src/formats/patterns/glob.ts';
import { readIgnoreFile } from '../../../src/formats/patterns/ignore-file.ts';
import { compilePatternSet, type FolderMatch } from '../../../src/formats/patterns/pattern-set.ts';
import { noCorpora, readCorpusJson } from '../../support/corpora.ts';

interface MatchRow {
  readonly pattern: string;
  readonly text: string;
  readonly pass: boolean;
}

interface SeveralRow {
  readonly patterns: readonly string[];
  readonly text: string;
  readonly pass: boolean;
}

interface GlobRow {
  readonly pattern: string;
  readonly text: string;
  readonly match: boolean;
  readonly error: string | null;
}

/** As a walk finds it: folder by folder, each with what the one above gave. */
function walkTo(patterns: readonly string[], path: string): boolean {
  const set = compilePatternSet(patterns);
  let state: FolderMatch | undefined;
  for (const folder of foldersOf(path)) state = set.matchWithin(folder, state).state;
  return set.matchWithin(path, state).matches;
}

const single = readCorpusJson<MatchRow[]>('patterns/matches.json', []);
const several = readCorpusJson<SeveralRow[]>('patterns/matches-several.json', []);
const rows = [...single.map((row) => ({ ...row, patterns: [row.pattern] })), ...several];

describe.skipIf(noCorpora)('pattern corpus', () => {
  it.each(rows)('$patterns against $text is $pass', ({ patterns, text, pass }) => {
    expect(compilePatternSet(patterns).matches(text)).toBe(pass);
    expect(walkTo(patterns, text)).toBe(pass);
  });

  it.each(readCorpusJson<GlobRow[]>('patterns/match.json', []))('$pattern and $text: $match, $error', (row) => {
    const match = () => compilePatternSet([row.pattern]).matches(row.text);
    if (row.error === null) expect(match()).toBe(row.match);
    else {
      expect(match).toThrow(expect.objectContaining({ code: 'PATTERN_INVALID' }));
      expect(() => compileGlob(row.pattern).matches(row.text)).toThrow(
        expect.objectContaining({ code: 'PATTERN_INVALID' }),
      );
    }
  });

  it('reads an ignore file', () => {
    const { content, expected } = readCorpusJson('patterns/ignorefile.json', { content: '', expected: [] as string[] });
    expect(readIgnoreFile(content)).toEqual(expected);
  });
});
