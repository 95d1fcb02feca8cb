import type { CodeInfo } from './code-info.ts';

export const frontendCodes = {} satisfies Record<string, CodeInfo>;
