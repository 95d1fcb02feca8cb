import { describe, expect, it } from 'vitest';
import { formatGitReference, parseGitReference } from '../../../src/formats/locator/git-reference.ts';
import { goGitReference } from '../../differential/compare-git.ts';
import { noCorpora, readCorpusJson } from '../../support/corpora.ts';

interface Row {
  readonly test: string;
  readonly ref: string;
  readonly expected: string | Readonly<Record<string, unknown>> | null;
}

const rows = readCorpusJson<Row[]>('git-locators/cases.json', []);

function parsed(text: string): unknown {
  try {
    const reference = parseGitReference(text);
    return reference === undefined ? null : withoutDefaults(goGitReference(reference));
  } catch {
    return null;
  }
}

/** Go's JSON of the cases leaves out what is empty. */
function withoutDefaults(reference: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(reference).filter(([, value]) => value !== '' && value !== false && value !== null),
  );
}

describe.skipIf(noCorpora)('git locator corpus', () => {
  it.each(rows.filter((row) => row.test === 'TestParseGitRef'))('$ref', ({ ref, expected }) => {
    expect(parsed(ref)).toEqual(expected ?? null);
  });

  it.each(rows.filter((row) => row.test !== 'TestParseGitRef'))(
    '$ref is shown as $expected',
    ({ test, ref, expected }) => {
      expect(formatGitReference(ref, { withSubdir: test.endsWith('WithSubdir') })).toBe(expected);
    },
  );
});
