import type { Refused } from './outcome.ts';

/** What BuildKit fails at for reasons of its own (docs/differences.md). */
export function isBetterHere({ message }: Refused): boolean {
  // Entries that need not be copied are looked at; symlinks at the top of a context are followed; `--parents .` is not found.
  return /failed to stat .*: not a directory$|checksum of ref \S+: (?:"\/[^/"]*": not found|too many links)$/.test(
    message,
  );
}
