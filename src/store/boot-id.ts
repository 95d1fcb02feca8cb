import { readFileSync } from 'node:fs';

/** Names the current boot of the host (proc(5), /proc/sys/kernel/random/boot_id); undefined where it can't be told. */
export function currentBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
