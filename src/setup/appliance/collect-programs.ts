import { lstat, readFile, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import { readDynamicNeeds } from '../../formats/elf/dynamic-needs.ts';
import { isElf, readElf } from '../../formats/elf/elf.ts';

/** Where the dynamic linker of Debian looks by itself, below the root (ld.so(8)). */
const libraryFolders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib', 'usr/lib'];
/** Where libraries lie in the appliance: the folder that is searched first. */
const targetFolder = 'lib/x86_64-linux-gnu';

/**
 * Programs and every library that they ask for, read from unpacked packages: path in the appliance -> content. Throws
 * PACKAGES_UNAVAILABLE, naming the program, for what is in none of the packages.
 */
export async function collectPrograms(
  tree: string,
  programs: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const pending: { readonly name: string; readonly bytes: Buffer }[] = [];
  const add = (target: string, bytes: Buffer) => {
    if (files.has(target)) return;
    files.set(target, bytes);
    pending.push({ name: target, bytes });
  };
  for (const [source, target] of programs) {
    const bytes = await readBelow(tree, source);
    if (bytes === undefined) throw missing(source, 'the packages');
    add(target, bytes);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!isElf(next.bytes)) continue;
    const { libraries, interpreter } = readDynamicNeeds(readElf(next.bytes, next.name), next.name);
    if (interpreter !== undefined) {
      const path = interpreter.slice(1);
      const bytes = (await readBelow(tree, path)) ?? (await readBelow(tree, `usr/${path}`));
      if (bytes === undefined) throw missing(interpreter, next.name);
      add(path, bytes);
    }
    for (const library of libraries) {
      // The linker itself, wanted as a library too, has its place already.
      if (library.startsWith('ld-linux')) continue;
      add(`${targetFolder}/${library}`, await findLibrary(tree, library, next.name));
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function findLibrary(tree: string, library: string, wantedBy: string): Promise<Buffer> {
  for (const folder of libraryFolders) {
    const bytes = await readBelow(tree, join(folder, library));
    if (bytes !== undefined) return bytes;
  }
  throw missing(library, wantedBy);
}

/** A file of the tree, or what a symlink stands for there: targets that are absolute count from the tree's root. */
async function readBelow(tree: string, path: string, depth = 0): Promise<Buffer | undefined> {
  const full = join(tree, path);
  try {
    if (!(await lstat(full)).isSymbolicLink()) return await readFile(full);
    const target = await readlink(full);
    if (depth > 8) return undefined;
    return await readBelow(tree, join('/', isAbsolute(target) ? '' : dirname(path), target), depth + 1);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function missing(what: string, where: string): FirekilnError {
  return new FirekilnError('PACKAGES_UNAVAILABLE', `the appliance needs ${what} for ${where}, which no package holds`, {
    hint: `Looked in the packages' ${libraryFolders.map((folder) => `/${folder}`).join(', ')}.`,
  });
}
