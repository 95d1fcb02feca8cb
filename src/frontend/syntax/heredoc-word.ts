import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { expandToWords } from '../words/expand.ts';
import { noVariables } from '../words/variables.ts';

/** What `3<<-'NAME'` says. */
export interface HeredocWord {
  readonly name: string;
  readonly fileDescriptor: number;
  readonly expand: boolean;
  readonly chomp: boolean;
}

const plainName = /^[\w./-]+$/;

/**
 * Reads a word as the announcement of a here-document; undefined if it is none. Throws DOCKERFILE_EXPANSION if the name
 * has a quote that is not closed.
 */
export function parseHeredocWord(word: string): HeredocWord | undefined {
  const match = /^([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)$/.exec(word);
  const rest = match?.[3] ?? '';
  if (match === null || rest === '') return undefined;
  if (plainName.test(rest)) {
    return { name: rest, fileDescriptor: Number(match[1]), expand: true, chomp: match[2] === '-' };
  }
  const [name, ...others] = expandToWords(rest, noVariables, { escape: '\\', keepUnset: true });
  if (name === undefined || others.length > 0) return undefined;
  const [quotedName = ''] = expandToWords(rest, noVariables, { escape: '\\', keepUnset: true, keepQuotes: true });
  return {
    name,
    fileDescriptor: Number(match[1]),
    expand: countQuotes(name) === countQuotes(quotedName),
    chomp: match[2] === '-',
  };
}

/** As {@link parseHeredocWord}, but a broken name is no announcement. */
export function heredocWordIn(word: string): HeredocWord | undefined {
  if (!word.includes('<<')) return undefined;
  try {
    return parseHeredocWord(word);
  } catch (error) {
    if (isFirekilnError(error, 'DOCKERFILE_EXPANSION')) return undefined;
    throw error;
  }
}

function countQuotes(text: string): number {
  return text.split(/['"]/).length;
}
