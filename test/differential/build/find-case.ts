import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type BuildCase, type CaseFile, caseOf, readBuildCases, readOwnCases } from '../../support/build-corpus.ts';

/** A case by its name, by the file that it was saved in, or made of a folder. */
export function findCase(name: string): BuildCase {
  const known = [...readOwnCases(), ...readBuildCases()].find((it) => it.name === name);
  if (known !== undefined) return known;
  if (!existsSync(name)) throw new Error(`there is no case and no folder ${name}`);
  if (statSync(name).isFile()) return caseOf('own', JSON.parse(readFileSync(name, 'utf8')), undefined);
  return {
    ...caseOf('own', { name }, undefined),
    dockerfile: readFileSync(join(name, 'Dockerfile')),
    dockerfileName: 'Dockerfile',
    context: filesOf(resolve(name)),
  };
}

function filesOf(root: string): CaseFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const at = join(entry.parentPath, entry.name);
    const path = relative(root, at);
    if (entry.isSymbolicLink()) return { path, symlink: readlinkSync(at) };
    const { mode, mtimeMs } = statSync(at);
    const facts = { path, mode: (mode & 0o7777).toString(8), mtime: Math.floor(mtimeMs / 1000) };
    return entry.isDirectory() ? { ...facts, dir: true } : { ...facts, base64: readFileSync(at).toString('base64') };
  });
}
