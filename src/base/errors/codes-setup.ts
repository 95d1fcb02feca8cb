import type { CodeInfo } from './code-info.ts';

export const setupCodes = {} satisfies Record<string, CodeInfo>;
