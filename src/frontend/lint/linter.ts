import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { type CheckOptions, mergeCheckOptions, optionsInComments } from './check-options.ts';
import { isExperimental, pageOf, type RuleName, rules } from './rules.ts';

/** What a check found. */
export interface CheckWarning {
  readonly rule: RuleName;
  /** What the rule is about. */
  readonly description: string;
  /** What is wrong here. */
  readonly text: string;
  /** The page of the rule, from the root of the project. */
  readonly page: string;
  readonly range: SourceRange;
}

/** Takes findings and passes on those that the options let through. */
export interface Linter {
  report(rule: RuleName, range: SourceRange, text: string): void;
  /** With the options that the comments above an instruction add. */
  withComments(comments: readonly string[]): Linter;
}

export function createLinter(options: CheckOptions, warn: (warning: CheckWarning) => void): Linter {
  return {
    report(rule, range, text) {
      if (isWanted(rule, options)) warn({ rule, description: rules[rule], text, page: pageOf(rule), range });
    },
    withComments(comments) {
      const added = comments.length === 0 ? undefined : optionsInComments(comments);
      return added === undefined ? this : createLinter(mergeCheckOptions(options, added), warn);
    },
  };
}

function isWanted(rule: RuleName, options: CheckOptions): boolean {
  if (isExperimental(rule)) return options.experimentalAll || options.experimental.includes(rule);
  return !options.skipAll && !options.skip.includes(rule);
}
