import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = new URL('../src', import.meta.url).pathname;

/** docs/design.md, "Layers of the source": a file imports from its own folder or from a strictly lower rank. */
const ranks: Readonly<Record<string, number>> = {
  cli: 11,
  'index.ts': 10,
  app: 9,
  build: 8,
  runtime: 8,
  setup: 8,
  ops: 7,
  executor: 6,
  images: 6,
  guest: 5,
  frontend: 4,
  solver: 4,
  source: 4,
  registry: 4,
  vm: 4,
  graph: 3,
  store: 3,
  http: 3,
  ssh: 3,
  net: 3,
  formats: 2,
  report: 2,
  base: 1,
};

/** Folders whose subfolders are adapters of the contract files beside them; only `app/` may name those adapters. */
const adapterFolders = ['vm', 'net', 'executor', 'source'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const text = readFileSync(join(src, file), 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const line = text.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0);
    const to = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
    found.push({ from: file, to, line });
  }
  return found;
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function show(bad: readonly Import[]): string[] {
  return bad.map(({ from, to, line }) => `src/${from}:${line} imports ${to}`);
}

describe('architecture', () => {
  it('knows the rank of every folder', () => {
    const unknown = [...new Set(files.map(folderOf))].filter((folder) => !(folder in ranks));
    expect(unknown).toEqual([]);
  });

  it('imports go down only', () => {
    const bad = imports.filter(({ from, to }) => {
      if (!files.includes(to)) return false;
      const own = folderOf(from);
      const other = folderOf(to);
      return own !== other && (ranks[other] ?? 0) >= (ranks[own] ?? 0);
    });
    expect(show(bad)).toEqual([]);
  });

  it('relative imports name existing files with their extension', () => {
    const bad = imports.filter(({ from, to }) => {
      const isRelative =
        !to.startsWith('node:') && (to.includes('.ts') || to.startsWith('..')) && !/^[@a-z]/.test(relative('.', to));
      return isRelative && folderOf(from) !== '' && !files.includes(to);
    });
    expect(show(bad)).toEqual([]);
  });

  it('only base/process.ts starts processes', () => {
    const bad = imports.filter(({ from, to }) => to === 'node:child_process' && from !== 'base/process.ts');
    expect(show(bad)).toEqual([]);
  });

  it('only report/ writes to standard output and standard error', () => {
    const bad = files.filter((file) => {
      if (folderOf(file) === 'report') return false;
      return /\bconsole\.\w+\(|process\.std(?:out|err)\b/.test(readFileSync(join(src, file), 'utf8'));
    });
    expect(bad).toEqual([]);
  });

  it('formats/ knows no paths, no network and no processes', () => {
    const banned = /^node:(?:fs|net|http|https|child_process|dgram|tls)(?:\/|$)|^undici$/;
    const bad = imports.filter(({ from, to }) => folderOf(from) === 'formats' && banned.test(to));
    expect(show(bad)).toEqual([]);
  });

  it('only app/ names concrete adapters', () => {
    const bad = imports.filter(({ from, to }) => {
      const [folder, second] = to.split('/');
      if (folder === undefined || second === undefined || !adapterFolders.includes(folder)) return false;
      const isAdapter = to.split('/').length > 2;
      return isAdapter && folderOf(from) !== 'app' && folderOf(from) !== folder;
    });
    expect(show(bad)).toEqual([]);
  });

  it('adapters of one contract do not import each other', () => {
    const bad = imports.filter(({ from, to }) => {
      const a = from.split('/');
      const b = to.split('/');
      return adapterFolders.includes(a[0] ?? '') && a[0] === b[0] && a.length > 2 && b.length > 2 && a[1] !== b[1];
    });
    expect(show(bad)).toEqual([]);
  });
});
