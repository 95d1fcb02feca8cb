import type { PatternForm } from './ignore-pattern.ts';

/** One pattern of a set. */
export interface IgnorePattern {
  /** Cleaned, without the `!`. */
  readonly text: string;
  /** `!`: what matches is taken back in. */
  readonly isException: boolean;
}

export interface CompiledPattern extends IgnorePattern {
  /** Undefined if matching it must fail. */
  readonly form: PatternForm | undefined;
}

/** A way to match all patterns of a set. */
export interface Strategy {
  matches(path: string): boolean;
  /** Begins a path; the question is then asked for those patterns whose answer matters. */
  look(path: string, hasFolder: boolean): (index: number) => boolean;
}
