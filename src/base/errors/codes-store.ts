import type { CodeInfo } from './code-info.ts';

export const storeCodes = {} satisfies Record<string, CodeInfo>;
