import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExpandedLength } from '../limits.ts';
import {
  type PatternMatch,
  parseShellPattern,
  type ShellPattern,
  type StepCounter,
  searchPattern,
} from './shell-pattern.ts';

/** `${x#p}` and, with `greedy`, `${x##p}`. */
export function trimPrefix(pattern: string, value: string, greedy: boolean, count: StepCounter): string {
  const items = parseShellPattern(pattern);
  const chars = Array.from(value);
  const match = searchPattern(items, chars, { from: 0, anchored: true, shortest: !greedy, count });
  return match === undefined ? value : chars.slice(match.end).join('');
}

/** `${x%p}` and, with `greedy`, `${x%%p}`: as {@link trimPrefix}, with pattern and value turned round. */
export function trimSuffix(pattern: string, value: string, greedy: boolean, count: StepCounter): string {
  return reverse(trimPrefix(reversePattern(pattern), reverse(value), greedy, count));
}

function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}

/** Keeps each backslash before the character that it escapes. */
function reversePattern(pattern: string): string {
  const chars = Array.from(pattern);
  const units: string[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    units.push(char === '\\' && at + 1 < chars.length ? char + (chars[++at] ?? '') : char);
  }
  return units.reverse().join('');
}

/** `${x/p/r}`: the first match is replaced by the text as it is. */
export function replaceFirst(pattern: string, value: string, replacement: string, count: StepCounter): string {
  const chars = Array.from(value);
  const match = searchPattern(parseShellPattern(pattern), chars, { from: 0, anchored: false, count });
  if (match === undefined) return value;
  return chars.slice(0, match.start).join('') + replacement + chars.slice(match.end).join('');
}

/**
 * `${x//p/r}`: every match is replaced. Here BuildKit reads the replacement as a template of Go's regexp package, in
 * which `$0` is the match, any other `$name` is empty and `$$` is a dollar sign.
 */
export function replaceAll(pattern: string, value: string, replacement: string, count: StepCounter): string {
  const items = parseShellPattern(pattern);
  const chars = Array.from(value);
  const parts: string[] = [];
  let length = 0;
  let copied = 0;
  for (const match of allMatches(items, chars, count)) {
    const text = fillTemplate(replacement, chars.slice(match.start, match.end).join(''));
    parts.push(chars.slice(copied, match.start).join(''), text);
    length += text.length;
    if (length > maxExpandedLength) throw tooLong();
    copied = match.end;
  }
  parts.push(chars.slice(copied).join(''));
  return parts.join('');
}

/** From left to right; an empty match right behind another match does not count. */
function* allMatches(pattern: ShellPattern, chars: readonly string[], count: StepCounter): Generator<PatternMatch> {
  let from = 0;
  let lastEnd = 0;
  while (from <= chars.length) {
    const match = searchPattern(pattern, chars, { from, anchored: false, count });
    if (match === undefined) return;
    if (match.end > lastEnd || match.start === 0) yield match;
    lastEnd = match.end;
    from = Math.max(match.end, from + 1);
  }
}

function fillTemplate(template: string, match: string): string {
  if (!template.includes('$')) return template;
  return template.replace(/\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (_, dollar, braced, bare) => {
    if (dollar !== undefined) return '$';
    return (braced ?? bare) === '0' ? match : '';
  });
}

function tooLong(): FirekilnError {
  return new FirekilnError('LIMIT_EXCEEDED', `a substitution gives more than ${maxExpandedLength} characters`);
}
