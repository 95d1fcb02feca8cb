import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { checkPatternLength, patternError } from './pattern-error.ts';

/** A compiled pattern of Go's path/filepath.Match. */
export interface Glob {
  /**
   * The whole name must match; neither `*` nor `?` take a slash. Throws PATTERN_INVALID where the pattern is wrong in a
   * part that is reached, as Go does: what stands before the first `*` is reached by every name.
   */
  matches(name: string): boolean;
  /** True if the pattern has a wildcard, so that it is not just a name with escapes. */
  readonly isPattern: boolean;
}

type Item = { readonly literal: string } | 'any' | CharacterClass;

interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
}

/** Items that must match one after the other, behind a `*` or not. */
interface Chunk {
  readonly star: boolean;
  /** What is wrong, instead, if the chunk can't be read. */
  readonly items: readonly Item[] | FirekilnError;
}

/** Throws PATTERN_INVALID for a pattern that is too long only. */
export function compileGlob(pattern: string): Glob {
  checkPatternLength(pattern);
  const chunks = splitChunks(Array.from(pattern)).map(
    ({ star, chars }): Chunk => ({ star, items: readItems(pattern, chars) }),
  );
  const isPattern = chunks.some(
    ({ star, items }) =>
      star || items instanceof FirekilnError || items.some((item) => item === 'any' || 'ranges' in item),
  );
  return { matches: (name) => matchChunks(chunks, Array.from(name)), isPattern };
}

/** At each `*` that is not within brackets; brackets are only counted here, not read. */
function splitChunks(chars: readonly string[]): { star: boolean; chars: readonly string[] }[] {
  const chunks: { star: boolean; chars: readonly string[] }[] = [];
  let at = 0;
  while (at < chars.length) {
    const star = chars[at] === '*';
    while (chars[at] === '*') at++;
    const start = at;
    let inBrackets = false;
    for (; at < chars.length && (inBrackets || chars[at] !== '*'); at++) {
      if (chars[at] === '\\') at++;
      else if (chars[at] === '[') inBrackets = true;
      else if (chars[at] === ']') inBrackets = false;
    }
    at = Math.min(at, chars.length);
    chunks.push({ star, chars: chars.slice(start, at) });
  }
  return chunks;
}

function readItems(pattern: string, chars: readonly string[]): Item[] | FirekilnError {
  const items: Item[] = [];
  try {
    for (let at = 0; at < chars.length; ) {
      const char = chars[at++] ?? '';
      if (char === '[') {
        const parsed = parseClass(pattern, chars, at);
        items.push(parsed.class);
        at = parsed.end;
      } else if (char === '?') items.push('any');
      else if (char === '\\') {
        const escaped = chars[at++];
        if (escaped === undefined) throw patternError(pattern, 'it ends with a backslash');
        items.push({ literal: escaped });
      } else items.push({ literal: char });
    }
  } catch (error) {
    if (isFirekilnError(error)) return error;
    throw error;
  }
  return items;
}

/** From behind the `[`. */
function parseClass(pattern: string, chars: readonly string[], start: number): { class: CharacterClass; end: number } {
  let at = start;
  const takeChar = (): number => {
    const first = chars[at];
    if (first === '-' || first === ']') throw patternError(pattern, `a range in brackets starts or ends with ${first}`);
    if (first === '\\') at++;
    const char = chars[at++];
    if (char === undefined || at >= chars.length) throw patternError(pattern, 'a [ is not closed');
    return char.codePointAt(0) ?? 0;
  };
  const negated = chars[at] === '^';
  if (negated) at++;
  const ranges: { low: number; high: number }[] = [];
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = takeChar();
    let high = low;
    if (chars[at] === '-') {
      at++;
      high = takeChar();
    }
    ranges.push({ low, high });
  }
  return { class: { negated, ranges }, end: at + 1 };
}

/** A chunk behind a star is taken at the first place where it fits, so the time is bounded by both lengths. */
function matchChunks(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let at = 0;
  for (const [index, { star, items }] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    if (items instanceof FirekilnError) throw items;
    if (star && items.length === 0) return !name.includes('/', at);
    const end = findChunk(items, name, at, star, isLast);
    if (end === undefined) return false;
    at = end;
  }
  return at === name.length;
}

function findChunk(
  items: readonly Item[],
  name: readonly string[],
  from: number,
  star: boolean,
  isLast: boolean,
): number | undefined {
  for (let start = from; ; start++) {
    const end = matchItems(items, name, start);
    if (end !== undefined && (end === name.length || !isLast)) return end;
    if (!star || start >= name.length || name[start] === '/') return undefined;
  }
}

function matchItems(items: readonly Item[], name: readonly string[], start: number): number | undefined {
  let at = start;
  for (const item of items) {
    const char = name[at++];
    if (char === undefined) return undefined;
    if (item === 'any') {
      if (char === '/') return undefined;
    } else if ('literal' in item) {
      if (item.literal !== char) return undefined;
    } else if (!classMatches(item, char)) return undefined;
  }
  return at;
}

function classMatches({ negated, ranges }: CharacterClass, char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return ranges.some(({ low, high }) => low <= code && code <= high) !== negated;
}
