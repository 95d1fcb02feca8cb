import type { CodeInfo } from './code-info.ts';

/** Bytes that do not have the format they claim. */
export const formatCodes = {
  DIGEST_INVALID: {
    meaning: 'A digest does not have the form sha256:<64 hexadecimal digits>.',
    wayOut: 'Check the place that the message names.',
  },
  PATTERN_INVALID: {
    meaning:
      'A pattern of an ignore file, of --exclude or of a COPY source has a bracket or backslash that means nothing.',
    wayOut: 'Close the bracket, or write a backslash before a character that is to mean itself.',
  },
  CHMOD_INVALID: {
    meaning: 'A file mode is neither octal nor a symbolic mode as chmod takes it.',
    wayOut: 'Write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX.',
  },
} satisfies Record<string, CodeInfo>;
