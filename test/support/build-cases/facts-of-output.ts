import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ExpectedEntry } from '../build-corpus.ts';
import { readWithPython } from '../tar-oracle.ts';

type Facts = Readonly<Record<string, ExpectedEntry>>;

const tarTypes: Readonly<Record<string, ExpectedEntry['type']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

const plain = (hex: string) => Buffer.from(hex, 'hex').toString();
const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0');

/** What Python reads in a tar, in the form of the corpora; without times and extended attributes. */
export function factsOfTar(path: string): Facts {
  return Object.fromEntries(
    readWithPython(path).map(({ name, type: letter, mode, uid, gid, size, sha256 = '', linkname }) => {
      const type = tarTypes[letter] ?? 'file';
      const target = plain(linkname);
      const at = `/${plain(name)}`;
      if (type === 'hardlink') return [at, { type, target: `/${target}` }];
      if (type === 'symlink') return [at, { type, uid, gid, target }];
      return [at, { type, mode: octal(mode), uid, gid, ...(type === 'file' ? { size, sha256 } : {}) }];
    }),
  );
}

/** Files, folders and symlinks of a folder of the host, in the same form. Names of one inode are files each. */
export function factsOfFolder(root: string): Facts {
  return Object.fromEntries([...walk(root)].map((path) => [`/${relative(root, path)}`, factsOfPath(path)]));
}

/** Node's own recursive listing goes through symlinks. */
function* walk(folder: string): IterableIterator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    yield path;
    if (entry.isDirectory()) yield* walk(path);
  }
}

function factsOfPath(path: string): ExpectedEntry {
  const stat = lstatSync(path);
  const { uid, gid, size } = stat;
  if (stat.isSymbolicLink()) return { type: 'symlink', uid, gid, target: readlinkSync(path) };
  const facts = { mode: octal(stat.mode), uid, gid };
  if (stat.isDirectory()) return { type: 'dir', ...facts };
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { type: 'file', ...facts, size, sha256 };
}
