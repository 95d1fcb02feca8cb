import { isFirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { expandToWords, expandWord } from '../../src/frontend/words/expand.ts';
import { variablesFromEnv } from '../../src/frontend/words/variables.ts';
import { type Difference, differenceOf } from './compare-parse.ts';
import type { Oracle } from './oracle.ts';

export interface WordCase {
  readonly word: string;
  readonly env: readonly string[];
  readonly escape: '\\' | '`';
  readonly rawQuotes: boolean;
  readonly rawEscapes: boolean;
  readonly skipQuotes: boolean;
  readonly skipUnset: boolean;
}

interface GoWord {
  readonly panic?: string;
  readonly failure?: unknown;
  readonly text?: string;
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
  readonly words?: readonly string[];
}

export async function compareWord(oracle: Oracle, row: WordCase): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoWord>({ op: 'word', ...row });
  if (reply.panic !== undefined) return { ours: 'no panic', theirs: reply.panic };
  const theirs =
    reply.failure === undefined
      ? {
          text: reply.text,
          matched: [...(reply.matched ?? [])].sort(),
          unmatched: [...(reply.unmatched ?? [])].sort(),
          words: reply.words,
        }
      : 'error';
  return differenceOf(expandOurs(row), theirs);
}

function expandOurs(row: WordCase): unknown {
  const options = {
    escape: row.escape,
    keepQuotes: row.rawQuotes,
    keepEscapes: row.rawEscapes,
    ignoreQuotes: row.skipQuotes,
    keepUnset: row.skipUnset,
  };
  const variables = variablesFromEnv(row.env);
  try {
    const { text, matched, unmatched } = expandWord(row.word, variables, options);
    const words = expandToWords(row.word, variables, options);
    return { text, matched: [...matched].sort(), unmatched: [...unmatched].sort(), words };
  } catch (error) {
    if (isFirekilnError(error)) return 'error';
    throw error;
  }
}
