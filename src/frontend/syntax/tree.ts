import type { SourceRange } from '../../base/errors/source-excerpt.ts';

/** A word of the Dockerfile as the grammar takes it (quotes and escapes of flags and JSON removed), and where it is. */
export interface Token {
  readonly value: string;
  readonly range: SourceRange;
}

/** A here-document that an instruction announces with `<<NAME`. */
export interface Heredoc {
  readonly name: string;
  /** The number before `<<`; 0 if there is none. */
  readonly fileDescriptor: number;
  /** False if any part of the name is quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs don't count, neither in the body nor before the end mark. */
  readonly chomp: boolean;
  /** The lines as they are, line ends and leading tabs included. */
  readonly content: string;
  /** The lines of the body with the end mark. */
  readonly range: SourceRange;
}

/** One instruction in the form that BuildKit's parser gives it, before anything is known of its meaning. */
export interface InstructionNode {
  /** The keyword in lower case. */
  readonly name: string;
  /** As written. */
  readonly keyword: Token;
  /** The leading words that start with `--`. */
  readonly flags: readonly Token[];
  /**
   * How the rest was taken apart depends on the keyword: one text, words, a JSON array, or three tokens for each
   * `name=value` (name, value, `=` or nothing).
   */
  readonly args: readonly Token[];
  /** True if the arguments were a JSON array. */
  readonly json: boolean;
  /** The instruction behind ONBUILD, which then has no `args`. */
  readonly trigger: InstructionNode | undefined;
  readonly heredocs: readonly Heredoc[];
  /** The instruction as one line, continuations joined, comments within it gone. */
  readonly original: string;
  /** The comments above it, without `#`. */
  readonly comments: readonly string[];
  /** From the keyword to the last line, here-documents included. */
  readonly range: SourceRange;
}

export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly range: SourceRange;
}

export type EscapeCharacter = '\\' | '`';

/** A named text: what the user gave, and what errors show. */
export interface SourceText {
  /** As the user named it: a path, a URL, or `-`. */
  readonly file: string;
  readonly text: string;
}

export interface DockerfileTree {
  readonly source: SourceText;
  readonly escape: EscapeCharacter;
  readonly directives: readonly Directive[];
  readonly instructions: readonly InstructionNode[];
  /** The last line of each instruction that has an empty line within. */
  readonly emptyContinuations: readonly SourceRange[];
}
