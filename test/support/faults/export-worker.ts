import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentEmitter } from '../../../src/base/events.ts';
import { FreshFolder } from '../../../src/images/export/fresh-folder.ts';
import { writeOutput } from '../../../src/images/export/write-output.ts';

/** Begins an export to a place, tells that it has, and never ends. */
const [kind = '', dest = ''] = process.argv.slice(2);

async function* endless() {
  yield Buffer.from('half');
  await hang();
}

async function hang(): Promise<never> {
  process.stdout.write('ready\n');
  // The timer keeps what waits here alive: V8 would collect it, and Node close its files.
  return await new Promise<never>((_, reject) => setInterval(() => reject.name, 1000));
}

if (kind === 'file')
  await writeOutput(endless(), { dest, output: undefined, emitter: silentEmitter, signal: undefined });
else {
  const folder = await FreshFolder.create(dest, kind === 'merge' ? 'merge' : 'replace');
  await writeFile(join(folder.path, 'half'), '');
  // As if it had been killed in the middle of putting a new folder into the place of an old one.
  if (kind === 'replacing') await rename(dest, join(dirname(folder.path), 'replaced'));
  await hang();
}
