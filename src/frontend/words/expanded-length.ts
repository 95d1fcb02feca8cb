import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExpandedLength } from '../limits.ts';

/** What is there without any variable, escapes doubled, is no bomb: the body of a here-document may be long. */
export function maxLengthFor(word: string): number {
  return word.length * 2 + maxExpandedLength;
}

export function tooLong(limit: number): FirekilnError {
  return new FirekilnError('LIMIT_EXCEEDED', `a word expands to more than ${limit} characters`, {
    hint: 'Look for ARG or ENV instructions that repeat their own value.',
  });
}
