import type { CodeSet } from './code-set.ts';

/** The parts of a regular expression that patterns of ignore files lead to. */
export type Part =
  | { readonly type: 'set'; readonly set: CodeSet }
  | { readonly type: 'star'; readonly set: CodeSet }
  /** `(.*\/)?` */
  | { readonly type: 'optional-folders' }
  | { readonly type: 'assertion'; readonly assertion: Assertion };

export type Assertion = 'start' | 'end' | 'word-boundary' | 'no-word-boundary';
