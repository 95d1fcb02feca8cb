import { readdir, readFile } from 'node:fs/promises';

/** The command lines of the processes of this machine that have `word` among their arguments. */
export async function processesNaming(word: string): Promise<string[]> {
  return await processesWith((arg) => arg === word);
}

/** The command lines of the processes of this machine of which an argument is `wanted`. */
export async function processesWith(wanted: (arg: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.some(wanted)) found.push(args.join(' '));
  }
  return found;
}
