import { foldersOf } from './folders-of.ts';
import type { PatternForm } from './ignore-pattern.ts';
import { matchJointly } from './regexp/joint-dfa.ts';
import { matchStepwise } from './regexp/match-stepwise.ts';

/** Decides whether one pattern matches a path. */
export interface PathMatcher {
  matches(path: string): boolean;
  /** The path itself or one of its folders. */
  matchesAnywhere(path: string): boolean;
}

export function createPathMatcher(form: PatternForm): PathMatcher {
  const matches = matcherOf(form);
  return { matches, matchesAnywhere: (path) => matches(path) || foldersOf(path).some(matches) };
}

function matcherOf({ alternatives, asserting }: PatternForm): (path: string) => boolean {
  if (asserting !== undefined) return matchStepwise(asserting);
  const joint = matchJointly((alternatives ?? []).map((parts) => ({ id: 0, parts })));
  return (path) => joint.match(path).length > 0;
}
