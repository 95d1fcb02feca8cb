import { isSpace, skipSpace } from '../../base/white-space.ts';
import type { ArgumentParser } from './argument-parser.ts';
import { parseJsonForm, parseJsonOrText } from './json-form.ts';
import { parseNameValues } from './name-value.ts';
import { pieceOfSpan } from './piece.ts';
import { splitQuotedWords } from './quoted-words.ts';
import { splitAtSeparators } from './split-separators.ts';

const parseText: ArgumentParser = (span) => ({ pieces: span.start < span.end ? [pieceOfSpan(span)] : [] });

const parseWords: ArgumentParser = (span) => ({ pieces: span.start < span.end ? splitAtSeparators(span) : [] });

const parseQuotedWords: ArgumentParser = (span, context) => ({ pieces: splitQuotedWords(span, context.escape) });

const parseJsonOrWords: ArgumentParser = (span, context) => parseJsonForm(span, context) ?? parseWords(span, context);

/** The kind of check, `NONE` or `CMD`, and the command as text or JSON. */
const parseHealthcheck: ArgumentParser = (span, context) => {
  let typeEnd = span.start;
  while (typeEnd < span.end && !isSpace(span.text.charCodeAt(typeEnd))) typeEnd++;
  if (typeEnd === span.start) return { pieces: [] };
  const type = pieceOfSpan({ ...span, end: typeEnd });
  const command = parseJsonOrText({ ...span, start: skipSpace(span.text, typeEnd, span.end) }, context);
  return { ...command, pieces: [type, ...command.pieces] };
};

/** How the arguments of each instruction are taken apart; ONBUILD, whose argument is an instruction, is not here. */
export const argumentForms: ReadonlyMap<string, ArgumentParser> = new Map([
  ['add', parseJsonOrWords],
  ['arg', parseQuotedWords],
  ['cmd', parseJsonOrText],
  ['copy', parseJsonOrWords],
  ['entrypoint', parseJsonOrText],
  ['env', parseNameValues],
  ['expose', parseWords],
  ['from', parseWords],
  ['healthcheck', parseHealthcheck],
  ['label', parseNameValues],
  ['maintainer', parseText],
  ['run', parseJsonOrText],
  ['shell', parseJsonOrText],
  ['stopsignal', parseText],
  ['user', parseText],
  ['volume', parseJsonOrWords],
  ['workdir', parseText],
]);

/** Every keyword, in lower case. */
export const instructionNames: readonly string[] = [...argumentForms.keys(), 'onbuild'].sort();
