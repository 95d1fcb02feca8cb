import type { OpsEnvironment } from './environment.ts';
import type { Timestamp } from './file/folders.ts';

/** The time of files that the build makes itself: SOURCE_DATE_EPOCH, or when it started. */
export function buildTime({ sourceDateEpoch, startedAt }: OpsEnvironment): Timestamp {
  if (sourceDateEpoch !== undefined) return { sec: sourceDateEpoch, nsec: 0 };
  const sec = Math.floor(startedAt / 1000);
  return { sec, nsec: (startedAt - sec * 1000) * 1_000_000 };
}

/** Files that differ in times only are other files, and so is the key. */
export function epochPart({ sourceDateEpoch }: OpsEnvironment): { readonly 'source date epoch'?: string } {
  return sourceDateEpoch === undefined ? {} : { 'source date epoch': String(sourceDateEpoch) };
}
