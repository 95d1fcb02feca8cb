import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The shared conformance data: FIREKILN_CORPORA, or `../shared/corpora` beside the checkout or its parent. */
const candidates = [
  process.env['FIREKILN_CORPORA'],
  new URL('../../../shared/corpora', import.meta.url).pathname,
  new URL('../../../../shared/corpora', import.meta.url).pathname,
];

export const corporaFolder: string | undefined = candidates.find((path) => path !== undefined && existsSync(path));

if (corporaFolder === undefined) {
  console.log('the conformance data is not here (FIREKILN_CORPORA, ../shared/corpora): its tests are skipped');
}

/** True where the data is absent: for `describe.skipIf`. */
export const noCorpora: boolean = corporaFolder === undefined;

/** A file of the corpora as text; empty where the data is absent, so that tables can be made before tests are skipped. */
export function readCorpus(path: string): string {
  return corporaFolder === undefined ? '' : readFileSync(join(corporaFolder, path), 'utf8');
}

/** A JSON file of the corpora; `absent` where the data is absent. */
export function readCorpusJson<T>(path: string, absent: T): T {
  return corporaFolder === undefined ? absent : (JSON.parse(readCorpus(path)) as T);
}

/** Names in a folder of the corpora. */
export function listCorpus(path: string): string[] {
  return corporaFolder === undefined ? [] : readdirSync(join(corporaFolder, path)).sort();
}
