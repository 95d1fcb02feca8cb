import { createPathMatcher, type PathMatcher } from './path-matcher.ts';
import { patternError } from './pattern-error.ts';
import type { CompiledPattern, Strategy } from './strategy.ts';

/** Each pattern on its own: for sets with a pattern that is wrong, which must fail only when it is asked. */
export function matchOneByOne(patterns: readonly CompiledPattern[]): Strategy {
  const matchers = patterns.map(({ form }) => (form === undefined ? undefined : createPathMatcher(form)));
  const matcherAt = (index: number): PathMatcher => {
    const matcher = matchers[index];
    if (matcher === undefined) {
      throw patternError(patterns[index]?.text ?? '', 'a bracket or backslash in it means nothing');
    }
    return matcher;
  };
  return {
    matches(path) {
      let matched = false;
      for (const [index, { isException }] of patterns.entries()) {
        if (isException === matched && matcherAt(index).matchesAnywhere(path)) matched = !matched;
      }
      return matched;
    },
    look: (path, hasFolder) => (index) =>
      hasFolder ? matcherAt(index).matches(path) : matcherAt(index).matchesAnywhere(path),
  };
}
