import type { CodeInfo } from './code-info.ts';

export const imageCodes = {} satisfies Record<string, CodeInfo>;
