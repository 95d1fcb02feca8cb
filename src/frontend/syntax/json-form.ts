import { skipSpace } from '../../base/white-space.ts';
import { toUpper } from '../text/letter-case.ts';
import type { ArgumentContext, ParsedArguments } from './argument-parser.ts';
import { fault } from './fault.ts';
import { type Piece, type Span, sliceSpan } from './piece.ts';

/**
 * The arguments as a JSON array of strings; undefined if they are no JSON array, which makes them the shell form. An
 * array that holds anything but strings is an error.
 */
export function parseJsonForm(span: Span, context: ArgumentContext): ParsedArguments | undefined {
  const start = skipSpace(span.text, span.start, span.end);
  if (span.text[start] !== '[' || start >= span.end) return undefined;
  const items = parseArray(span.text.slice(start, span.end));
  if (items === undefined) return undefined;
  const strings = items.filter((item) => typeof item === 'string');
  if (strings.length !== items.length) {
    throw fault(
      'DOCKERFILE_SYNTAX',
      `${toUpper(context.name)} has a JSON array with something else than strings; expected ["word", "word"]`,
      context.source,
      context.blamed,
      { focus: context.rangeOf(start, span.end), hint: 'Put numbers and the like in double quotes.' },
    );
  }
  const places = stringPlaces({ text: span.text, start, end: span.end });
  const pieces = strings.map((value, index): Piece => {
    const place = places[index] ?? { start, end: span.end };
    // A lone surrogate, which only JSON can spell, has no UTF-8.
    return { value: value.toWellFormed(), ...place };
  });
  return { pieces, json: true };
}

function parseArray(text: string): unknown[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(parsed) && isWithinLimitsOfGo(parsed) ? parsed : undefined;
}

/** Go's decoder, and with it BuildKit, takes numbers beyond a double's range and deep nesting as syntax errors. */
function isWithinLimitsOfGo(array: readonly unknown[]): boolean {
  const maxDepth = 10_000;
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: array, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value === 'number' && !Number.isFinite(value)) return false;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > maxDepth) return false;
    for (const child of Object.values(value)) pending.push({ value: child, depth: depth + 1 });
  }
  return true;
}

/** Where the strings of a flat JSON array are, quotes included. */
function stringPlaces({ text, start, end }: Span): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (let at = start; at < end; at++) {
    if (text[at] !== '"') continue;
    const from = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    places.push({ start: from, end: at + 1 });
  }
  return places;
}

/** The JSON form, or the whole as one piece of text. */
export function parseJsonOrText(span: Span, context: ArgumentContext): ParsedArguments {
  if (span.start >= span.end) return { pieces: [] };
  return parseJsonForm(span, context) ?? { pieces: [{ value: sliceSpan(span), start: span.start, end: span.end }] };
}
