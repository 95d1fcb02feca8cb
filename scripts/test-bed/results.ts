import { mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';

/** Room for logs, reports and what tests keep for a person. */
const maxResultBytes = 512 << 20;

/** An empty drive for the results. */
export async function resultsDrive(scratch: string): Promise<string> {
  const path = join(scratch, 'results.tar');
  await writeFile(path, '');
  await truncate(path, maxResultBytes);
  return path;
}

export interface BedResults {
  readonly folder: string;
  readonly exitCode: number;
}

/** Unpacks the tar that the bed wrote onto the drive; undefined if it wrote none. */
export async function readResults(drive: string, folder: string): Promise<BedResults | undefined> {
  const handle = await open(drive, 'r');
  const head = Buffer.alloc(512);
  await handle.read(head, 0, 512, 0);
  await handle.close();
  if (head.every((byte) => byte === 0)) return undefined;
  await mkdir(folder, { recursive: true });
  await runProcess('tar', { args: ['-xf', drive, '-C', folder, '--no-same-owner', '--no-same-permissions'] });
  const exitCode = Number(await readFile(join(folder, 'exit-code'), 'utf8').catch(() => '125'));
  return { folder, exitCode };
}
