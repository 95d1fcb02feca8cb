import { codeSet, maxCodePoint } from './regexp/code-set.ts';
import { parseRegexp } from './regexp/parse.ts';
import type { Part } from './regexp/syntax.ts';

/** How one pattern matches: as one of several lists of parts, or by parts that look at their surroundings. */
export interface PatternForm {
  /** Without assertions; the whole path must match one of them. */
  readonly alternatives?: readonly (readonly Part[])[];
  /** With assertions. */
  readonly asserting?: readonly Part[];
}

/**
 * The form of one cleaned pattern, without its `!`, as moby's patternmatcher reads it: `*` and `?` stay within a folder,
 * `**` does not, brackets and a backslash before a letter mean what they mean to RE2. Undefined if a bracket or backslash
 * means nothing there, so that matching fails.
 */
export function readIgnorePattern(pattern: string): PatternForm | undefined {
  const { type, regexp } = translate(pattern);
  switch (type) {
    case 'exact':
      return { alternatives: [literals(pattern)] };
    case 'prefix':
      return { alternatives: [[...literals(pattern.slice(0, -2)), anything]] };
    case 'suffix': {
      const suffix = pattern.slice(2);
      const anywhere = [anything, ...literals(suffix)];
      return { alternatives: suffix.startsWith('/') ? [anywhere, literals(suffix.slice(1))] : [anywhere] };
    }
    case 'regexp': {
      const parts = parseRegexp(regexp);
      return parts === undefined ? undefined : formOf(parts);
    }
  }
}

const anything: Part = { type: 'star', set: [{ low: 0, high: maxCodePoint }] };

function literals(text: string): Part[] {
  return Array.from(text, (char): Part => {
    const code = char.codePointAt(0) ?? 0;
    return { type: 'set', set: codeSet([{ low: code, high: code }]) };
  });
}

/** An expression starts with `^` and, unless the user quoted it away, ends with `$`. */
function formOf(parts: readonly Part[]): PatternForm {
  const body = parts.slice(1, -1);
  const last = parts.at(-1);
  const isWhole = parts.length > 1 && last?.type === 'assertion' && last.assertion === 'end';
  return isWhole && body.every((part) => part.type !== 'assertion') ? { alternatives: [body] } : { asserting: parts };
}
type MatchType = 'exact' | 'prefix' | 'suffix' | 'regexp';

/** The characters that mean something to a regular expression and nothing to a pattern. */
const escaped = '.+()|{}$';

/** Step by step as moby does it, since in odd cases the steps decide what a pattern means. */
function translate(pattern: string): { readonly type: MatchType; readonly regexp: string } {
  const chars = Array.from(pattern.startsWith('\ufeff') ? pattern.slice(1) : pattern);
  let type: MatchType = 'exact';
  let regexp = '^';
  let at = 0;
  while (at < chars.length) {
    const isFirst = at === 0;
    const char = chars[at++] ?? '';
    if (char === '*' && chars[at] === '*') {
      at++;
      if (chars[at] === '/') at++;
      if (at < chars.length) {
        regexp += '(.*/)?';
        type = 'regexp';
      } else if (type === 'exact') type = 'prefix';
      else {
        regexp += '.*';
        type = 'regexp';
      }
      if (isFirst) type = 'suffix';
    } else if (char === '*') {
      regexp += '[^/]*';
      type = 'regexp';
    } else if (char === '?') {
      regexp += '[^/]';
      type = 'regexp';
    } else if (escaped.includes(char)) regexp += `\\${char}`;
    else if (char === '\\') {
      const next = chars[at++];
      regexp += `\\${next ?? ''}`;
      if (next !== undefined) type = 'regexp';
    } else {
      regexp += char;
      if (char === '[' || char === ']') type = 'regexp';
    }
  }
  return { type, regexp: `${regexp}$` };
}
