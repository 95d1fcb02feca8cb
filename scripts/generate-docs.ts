/** Writes the pages of docs/ that are made from the source; `--check` only compares and fails if one is out of date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorCodes } from '../src/base/errors/codes.ts';

const root = new URL('..', import.meta.url).pathname;
const pages: Record<string, string> = { 'docs/errors.md': errorsPage() };

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(pages)) {
  if (!check) {
    writeFileSync(root + path, text);
    continue;
  }
  if (readFileSync(root + path, 'utf8') !== text) {
    console.error(`${path} is out of date: run \`npm run docs\``);
    process.exitCode = 1;
  }
}

function errorsPage(): string {
  const rows = Object.entries(errorCodes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, info]) => `### ${code}\n\n${info.meaning} ${info.wayOut}\n`);
  return [
    '# Error codes\n',
    '<!-- Made by `npm run docs` from src/base/errors; do not edit. -->\n',
    'Every error is shown as `error[CODE]: message`, with a hint where there is a way out. Codes are stable: scripts',
    'may rely on them. In JSON lines the code is the field `code`.\n',
    ...rows,
  ].join('\n');
}
