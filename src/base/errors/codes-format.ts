import type { CodeInfo } from './code-info.ts';

/** Bytes that do not have the format they claim. */
export const formatCodes = {
  DIGEST_INVALID: {
    meaning: 'A digest does not have the form sha256:<64 hexadecimal digits>.',
    wayOut: 'Check the place that the message names.',
  },
} satisfies Record<string, CodeInfo>;
