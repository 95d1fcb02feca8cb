/**
 * Makes the types and the version gates of Firecracker's API from its published OpenAPI files, the oldest version that
 * is supported and the newest that is known:
 *
 *   node scripts/firecracker-api.ts [FOLDER]           writes src/vm/firecracker/api/{api-types,api-gates}.ts
 *   node scripts/firecracker-api.ts [FOLDER] --check   fails if they are out of date
 *
 * FOLDER holds api-1.12.1.yaml and api-1.16.1.yaml; FIREKILN_FIRECRACKER_API, else ../shared/firecracker by default.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiSources, makeApiFiles } from './firecracker-api/make-api-files.ts';

const root = new URL('..', import.meta.url).pathname;
const words = process.argv.slice(2).filter((word) => word !== '--check');
const candidates = [words[0], process.env.FIREKILN_FIRECRACKER_API, join(root, '../shared/firecracker')];
const folder = [...candidates, join(root, '../../shared/firecracker')].find((path) => path && existsSync(path));

if (folder === undefined) {
  console.error("Firecracker's API files are not here: name their folder");
  process.exitCode = 2;
} else {
  const [older, newer] = apiSources.map((name) => readFileSync(join(folder, name), 'utf8'));
  for (const [path, text] of Object.entries(makeApiFiles(older ?? '', newer ?? ''))) {
    if (!process.argv.includes('--check')) writeFileSync(join(root, path), text);
    else if (readFileSync(join(root, path), 'utf8') !== text) {
      console.error(`${path} is out of date: run \`node scripts/firecracker-api.ts\``);
      process.exitCode = 1;
    }
  }
}
