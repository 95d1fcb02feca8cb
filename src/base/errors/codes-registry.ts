import type { CodeInfo } from './code-info.ts';

export const registryCodes = {} satisfies Record<string, CodeInfo>;
