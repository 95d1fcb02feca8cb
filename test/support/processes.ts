import { readdir, readFile } from 'node:fs/promises';

/** The command lines of the processes of this machine that have `word` among their arguments. */
export async function processesNaming(word: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.includes(word)) found.push(args.join(' '));
  }
  return found;
}
