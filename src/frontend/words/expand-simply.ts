import type { ExpandOptions } from './expand-options.ts';
import { maxLengthFor, tooLong } from './expanded-length.ts';
import type { Variables } from './variables.ts';

export interface Expansion {
  readonly text: string;
  /** The variables that were looked up and are set. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

const plainWord = /^[\w./:=, @+-]*$/;

/** Plain text with `$NAME` and `${NAME}`, within double quotes or not. Nothing here can match in two ways. */
const simpleWord = /^("?)[\w./:=, @+-]*(?:\$(?:[A-Za-z_]\w*(?!\w)|\{[A-Za-z_]\w*\})[\w./:=, @+-]*)*\1$/;
const simpleReference = /\$(?:(\w+)|\{(\w+)\})/g;

const noNames: ReadonlySet<string> = new Set();

/** A word with nothing to expand, as most are, or with names only, as most others are; undefined for any other. */
export function expandSimply(word: string, variables: Variables, options: ExpandOptions): Expansion | undefined {
  if (plainWord.test(word)) return { text: word, matched: noNames, unmatched: noNames };
  if (!simpleWord.test(word) || options.keepQuotes || options.keepUnset) return undefined;
  const matched = new Set<string>();
  const unmatched = new Set<string>();
  const isQuoted = word.startsWith('"') && !options.ignoreQuotes;
  const bare = isQuoted ? word.slice(1, -1) : word;
  const maxLength = maxLengthFor(word);
  let length = bare.length;
  const text = bare.replace(simpleReference, (reference, name: string | undefined, braced: string | undefined) => {
    const key = name ?? braced ?? '';
    const value = variables.get(key);
    (value === undefined ? unmatched : matched).add(key);
    length += (value?.length ?? 0) - reference.length;
    if (length > maxLength) throw tooLong(maxLength);
    return value ?? '';
  });
  options.budget?.spend(text.length);
  return { text, matched, unmatched };
}
