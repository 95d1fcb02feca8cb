import type { CodeInfo } from './code-info.ts';

export const buildCodes = {} satisfies Record<string, CodeInfo>;
