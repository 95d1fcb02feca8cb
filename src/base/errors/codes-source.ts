import type { CodeInfo } from './code-info.ts';

export const sourceCodes = {} satisfies Record<string, CodeInfo>;
