import type { CodeInfo } from './code-info.ts';

export const vmCodes = {} satisfies Record<string, CodeInfo>;
