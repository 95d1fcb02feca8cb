import type { CodeInfo } from './code-info.ts';

export const guestCodes = {} satisfies Record<string, CodeInfo>;
