import type { CodeInfo } from './code-info.ts';

export const runtimeCodes = {} satisfies Record<string, CodeInfo>;
