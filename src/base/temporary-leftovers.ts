import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';
import { systemCode } from './system-error.ts';

/** Folders may be shared with hosts whose processes are not seen here: what they write is younger. */
const untouchedMs = 3_600_000;
const namePattern = /^\.tmp-(\d+)-(?:was-(.+))?/;

/** What stands in for the entry `name` of a folder while a new one takes its place; see {@link removeLeftovers}. */
export function nameOfReplaced(name: string): string {
  return `.tmp-${process.pid}-was-${name}`;
}

/**
 * Removes what killed processes have left in a folder under temporary names, which begin with `.tmp-<pid>-`; what one of
 * them was replacing, and did not, gets its name back.
 */
export async function removeLeftovers(folder: string, now = Date.now()): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const [isTemporary, pid, replaced] = namePattern.exec(entry) ?? [];
    if (isTemporary === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, entry);
    const changed = await changedAt(path);
    if (changed === undefined || now - changed < untouchedMs) continue;
    const target = replaced === undefined ? undefined : join(folder, replaced);
    if (target !== undefined && (await changedAt(target)) === undefined) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Milliseconds since the epoch; undefined if it is not there. */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ctimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
