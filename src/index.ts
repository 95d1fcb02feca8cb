export type { Digest } from './base/digest.ts';
export type { ErrorCode } from './base/errors/codes.ts';
export { FirekilnError, isFirekilnError } from './base/errors/firekiln-error.ts';
export type { FirekilnEvent } from './base/events.ts';
