/**
 * Opens the store of a data dir with room for a few more open files only, and prints how that ends: `opened`, or a code.
 *
 *   node few-open-files-worker.ts DATA_DIR LEFT
 */
import { closeSync, openSync } from 'node:fs';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { openStore } from '../../../src/store/open-store.ts';

const [dataDir = '', left = ''] = process.argv.slice(2);
// Loads what it loads when it is first used.
await (await openStore({ dataDir }))[Symbol.asyncDispose]();
const opened: number[] = [];
try {
  for (;;) opened.push(openSync('/dev/null', 'r'));
} catch {
  for (const fd of opened.splice(0, Number(left))) closeSync(fd);
}
let end = 'opened';
try {
  await using _store = await openStore({ dataDir });
} catch (error) {
  end = isFirekilnError(error) ? error.code : String(error);
}
for (const fd of opened) closeSync(fd);
process.stdout.write(end);
