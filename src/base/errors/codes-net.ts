import type { CodeInfo } from './code-info.ts';

export const netCodes = {} satisfies Record<string, CodeInfo>;
