/**
 * Looking at a build context of 100,000 files beside `find -printf` of the same facts; and building again with a context
 * in which nothing has changed, of which no file may be read.
 *
 *   npm run bench:context -- [--files N]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine, median, numberOption, runScript } from './support/measure.ts';
import { workFolder } from './support/work-folder.ts';

export interface ScanResult {
  readonly entries: number;
  /** Looking at every entry. */
  readonly scanMs: number;
  /** The digest that a COPY of everything has, with the digests of the files known. */
  readonly keyMs: number;
  /** Of files of the context, in bytes. */
  readonly readBytes: number;
}

const files = numberOption('files', 100_000);
const rounds = numberOption('rounds', 7);
/** Everything that a scan finds out, and a target for each symbolic link. */
const facts = '%p\t%y\t%m\t%U\t%G\t%s\t%T@\t%C@\t%D\t%i\t%n\t%l\n';
const child = new URL('./context-child.ts', import.meta.url).pathname;

using folder = workFolder('context');
const context = join(folder.path, 'context');
const count = makeTree(context);
console.log(`${machine()}\n\n${count} entries, ${rounds} rounds in turn, each in a process of its own\n`);

const devNull = openSync('/dev/null', 'w');
const find = () => {
  const started = performance.now();
  execFileSync('find', [context, '-printf', facts], { stdio: ['ignore', devNull, 'inherit'] });
  return performance.now() - started;
};
const scan = () => runScript<ScanResult>(child, [context, join(folder.path, 'digests.db')]);
const first = scan();
// The files are older than two seconds now, so that their digests are kept.
const second = scan();
const pairs = Array.from({ length: rounds }, () => ({ find: find(), ours: scan() }));
const findMs = median(pairs.map((pair) => pair.find));
const scanMs = median(pairs.map((pair) => pair.ours.scanMs));
const keyMs = median(pairs.map((pair) => pair.ours.keyMs));
const again = Math.max(...pairs.map((pair) => pair.ours.readBytes));
if (first.entries !== count || first.readBytes === 0) throw new Error(`not what was made: ${JSON.stringify(first)}`);

console.log('| what | ms |\n| --- | --- |');
console.log(`| find -printf, process and all | ${findMs.toFixed(0)} |`);
console.log(`| scan | ${scanMs.toFixed(0)} |`);
console.log(`| key of a COPY of everything, nothing changed | ${keyMs.toFixed(0)} |`);
console.log(`| the same, first time (${first.readBytes} bytes read) | ${first.keyMs.toFixed(0)} |`);
console.log(`\nsecond: ${second.readBytes} bytes of files read; later: ${again}`);
console.log(`\nscan_find_ratio=${(scanMs / findMs).toFixed(2)} unchanged_read_bytes=${again}`);

/** Files in folders of a hundred, all older than a minute; gives the number of entries. */
function makeTree(root: string): number {
  let entries = 1;
  const old = Date.now() / 1000 - 3600;
  for (let at = 0; at < files; at++) {
    const place = join(root, `group-${Math.floor(at / 10_000)}`, `part-${Math.floor(at / 100)}`);
    if (at % 10_000 === 0) entries++;
    if (at % 100 === 0) {
      mkdirSync(place, { recursive: true });
      entries++;
    }
    const path = join(place, `file-${at}.txt`);
    writeFileSync(path, `content of the file ${at}\n`);
    utimesSync(path, old, old);
    entries++;
  }
  return entries;
}
