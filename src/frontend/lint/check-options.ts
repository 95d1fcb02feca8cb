import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseGoBoolean } from '../../base/go-values.ts';
import { didYouMean } from '../../base/nearest.ts';
import { trimSpace } from '../../base/white-space.ts';
import { matchDirective, scanDirectives } from '../syntax/directives.ts';

/** What `# check=skip=A,B;error=true;experimental=C` says. */
export interface CheckOptions {
  readonly skip: readonly string[];
  readonly skipAll: boolean;
  readonly experimental: readonly string[];
  readonly experimentalAll: boolean;
  /** A warning makes the build fail. */
  readonly failOnWarning: boolean;
}

const defaultCheckOptions: CheckOptions = {
  skip: [],
  skipAll: false,
  experimental: [],
  experimentalAll: false,
  failOnWarning: false,
};

/** At most three, as in BuildKit; the third takes the rest. */
const maxOptions = 3;

/** Throws CHECK_OPTION_INVALID. */
export function parseCheckOptions(text: string): CheckOptions {
  const trimmed = trimSpace(text);
  let options = defaultCheckOptions;
  if (trimmed === '') return options;
  const parts = trimmed.split(';');
  const kept = parts.slice(0, maxOptions - 1);
  if (parts.length >= maxOptions) kept.push(parts.slice(maxOptions - 1).join(';'));
  for (const part of kept) options = { ...options, ...parseOption(part) };
  return options;
}

function parseOption(part: string): Partial<CheckOptions> {
  const equals = part.indexOf('=');
  const name = trimSpace(equals < 0 ? part : part.slice(0, equals));
  const value = trimSpace(part.slice(equals + 1));
  if (equals >= 0 && name === 'skip') return value === 'all' ? { skipAll: true } : { skip: namesIn(value) };
  if (equals >= 0 && name === 'experimental') {
    return value === 'all' ? { experimentalAll: true } : { experimental: namesIn(value) };
  }
  const isTrue = name === 'error' ? parseGoBoolean(value) : undefined;
  if (equals >= 0 && isTrue !== undefined) return { failOnWarning: isTrue };
  throw new FirekilnError(
    'CHECK_OPTION_INVALID',
    `${JSON.stringify(part)} is no option of a check; expected skip=RULE,RULE or skip=all, experimental=..., error=true`,
    { hint: didYouMean(name, ['skip', 'experimental', 'error']), about: [part] },
  );
}

function namesIn(value: string): string[] {
  return value.split(',').map(trimSpace);
}

/** The options that the comments above one instruction add; wrong ones are passed over. */
export function optionsInComments(comments: readonly string[]): CheckOptions | undefined {
  for (const comment of comments) {
    const directive = matchDirective(comment, '');
    if (directive?.name !== 'check') continue;
    try {
      return parseCheckOptions(firstWord(directive.value));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/**
 * The value of the `# check=` directive at the top of a Dockerfile, up to its first blank. Stricter than the parser's
 * directives, as in BuildKit: nothing may stand before the `#`, but a `#!` line may come first.
 */
export function checkDirectiveOf(text: string): string | undefined {
  const scanner = scanDirectives();
  const lines = text.replace(/^\ufeff/, '').split('\n', maxDirectiveLines);
  if (lines[0]?.startsWith('#!')) lines.shift();
  for (const line of lines) {
    const found = scanner.scan(line.replace(/\r$/, ''));
    if (found.kind !== 'directive') return undefined;
    if (found.name === 'check') return firstWord(found.value);
  }
  return undefined;
}

/** Each directive may stand once, so there are no more lines of them. */
const maxDirectiveLines = 5;

function firstWord(text: string): string {
  return text.split(' ', 1)[0] ?? '';
}

export function mergeCheckOptions(options: CheckOptions, added: CheckOptions): CheckOptions {
  return {
    skip: [...options.skip, ...added.skip],
    skipAll: options.skipAll || added.skipAll,
    experimental: [...options.experimental, ...added.experimental],
    experimentalAll: options.experimentalAll || added.experimentalAll,
    failOnWarning: options.failOnWarning,
  };
}
