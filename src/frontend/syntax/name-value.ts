import { toUpper } from '../text/letter-case.ts';
import type { ArgumentParser } from './argument-parser.ts';
import { fault } from './fault.ts';
import type { Piece } from './piece.ts';
import { splitQuotedWords } from './quoted-words.ts';
import { splitAtSeparators } from './split-separators.ts';

/**
 * ENV and LABEL: `name=value ...`, or `name value` of old, told apart by whether the first word has a `=`. Three pieces
 * for each pair: name, value, and `=` or, in the old form, nothing.
 */
export const parseNameValues: ArgumentParser = (span, context) => {
  const words = splitQuotedWords(span, context.escape);
  const [first] = words;
  if (first === undefined) return { pieces: [] };
  if (!first.value.includes('=')) return { pieces: oldForm(splitAtSeparators(span, 2), first, context) };
  return { pieces: words.flatMap((word) => newForm(word, context)) };
};

function oldForm(parts: readonly Piece[], first: Piece, context: Parameters<ArgumentParser>[1]): Piece[] {
  const [name, value] = parts;
  if (name === undefined || value === undefined) {
    throw fault(
      'DOCKERFILE_SYNTAX',
      `${toUpper(context.name)} ${first.value} has a name but no value; expected ${toUpper(context.name)} name=value`,
      context.source,
      context.blamed,
      { focus: context.rangeOf(first.start, first.end) },
    );
  }
  return [name, value, { value: '', start: value.end, end: value.end }];
}

function newForm(word: Piece, context: Parameters<ArgumentParser>[1]): Piece[] {
  const equals = word.value.indexOf('=');
  if (equals < 0) {
    throw fault(
      'DOCKERFILE_SYNTAX',
      `${toUpper(context.name)} has the word ${JSON.stringify(word.value)} without a =; expected name=value`,
      context.source,
      context.blamed,
      {
        focus: context.rangeOf(word.start, word.end),
        hint: 'A value with blanks needs quotes: name="a b".',
      },
    );
  }
  // An escape character at the very end is dropped from the word, never one before the first `=`, so offsets hold.
  const at = word.start + equals;
  return [
    { value: word.value.slice(0, equals), start: word.start, end: at },
    { value: word.value.slice(equals + 1), start: at + 1, end: word.end },
    { value: '=', start: at, end: at + 1 },
  ];
}
