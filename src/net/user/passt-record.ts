import { readFile } from 'node:fs/promises';

/** What another process needs to undo an attach. */
export interface PasstRecord {
  readonly pid: number;
  /** When the process started, by {@link processStart}: a pid may be another's by now. */
  readonly start: string;
  readonly folder: string;
}

/** Undefined if there is no record, or none that can be read: its process died with the one that wrote it. */
export async function readPasstRecord(path: string): Promise<PasstRecord | undefined> {
  try {
    const { pid, start, folder } = JSON.parse(await readFile(path, 'utf8')) as PasstRecord;
    const isRecord = Number.isInteger(pid) && pid > 1 && typeof start === 'string' && typeof folder === 'string';
    return isRecord ? { pid, start, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** The boot of the host and the clock tick in which a process started; undefined if there is none. */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold anything; starttime is the 20th field after it, state the first.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || start === undefined) return undefined;
    return `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}/${start}`;
  } catch {
    return undefined;
  }
}
