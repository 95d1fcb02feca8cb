import { describe, expect, it } from 'vitest';
import { expandToWords, expandWord } from '../../../src/frontend/words/expand.ts';
import { variablesFrom } from '../../../src/frontend/words/variables.ts';
import { noCorpora, readCorpus, readCorpusJson } from '../../support/corpora.ts';

const options = { escape: '\\' } as const;
const environment = variablesFrom(
  new Map([
    ['PWD', '/home'],
    ['SHELL', 'bash'],
    ['KOREAN', '한국어'],
    ['NULL', ''],
  ]),
);

/** `platform | word | expected` for all platforms and Unix. */
const wordRows = readCorpus('words/envVarTest')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => line.split('|').map((part) => part.trim()))
  .filter(([platform]) => platform === 'A' || platform === 'U')
  .map(([, word = '', expected = '']) => ({ word, expected }));

const splitRows = readSplitRows();

/** `ENV name=value` lines set what the rows below them are expanded with. */
function readSplitRows() {
  const variables = new Map<string, string>();
  const rows: { text: string; expected: string; variables: ReadonlyMap<string, string> }[] = [];
  for (const line of readCorpus('words/wordsTest').split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (line.startsWith('ENV ')) {
      const [, name = '', value = ''] = /^ENV +([^=]*)=(.*)$/.exec(line) ?? [];
      variables.set(name, value);
      continue;
    }
    const [text = '', expected = ''] = line.split('|');
    rows.push({ text: text.trim(), expected: expected.replace(/^ /, ''), variables: new Map(variables) });
  }
  return rows;
}

interface MatchRow {
  readonly input: string;
  readonly envs: Readonly<Record<string, string>> | null;
  readonly expected: string;
  readonly error: boolean;
  readonly matched: readonly string[] | null;
  readonly unmatched: readonly string[] | null;
}

describe.skipIf(noCorpora)('word corpus', () => {
  it.each(wordRows)('$word is $expected', ({ word, expected }) => {
    if (expected === 'error') expect(() => expandWord(word, environment, options)).toThrow();
    else expect(expandWord(word, environment, options).text).toBe(expected);
  });

  it.each(splitRows)('$text splits into $expected', ({ text, expected, variables }) => {
    const split = () => expandToWords(text, variablesFrom(variables), options);
    if (expected.trim() === 'error') expect(split).toThrow();
    else expect(split()).toEqual(expected.split(','));
  });

  it.each(readCorpusJson<MatchRow[]>('words/process-with-matches.json', []))('$input with $envs', (row) => {
    const expand = () => expandWord(row.input, variablesFrom(new Map(Object.entries(row.envs ?? {}))), options);
    if (row.error) {
      expect(expand).toThrow(expect.objectContaining({ code: 'DOCKERFILE_EXPANSION' }));
      return;
    }
    const { text, matched, unmatched } = expand();
    expect({ text, matched: [...matched].sort(), unmatched: [...unmatched].sort() }).toEqual({
      text: row.expected,
      matched: [...(row.matched ?? [])].sort(),
      unmatched: [...(row.unmatched ?? [])].sort(),
    });
  });
});
