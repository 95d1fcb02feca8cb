import { existsSync } from 'node:fs';
import { chmod, cp, link, lstat, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildCase, CaseFile } from '../build-corpus.ts';
import { settleTimes } from './settle-times.ts';

/** Lays the files of a case out: the context, named contexts and the Dockerfile; gives their places. */
export async function layOutCase(
  it: BuildCase,
  folder: string,
): Promise<{ readonly context: string; readonly dockerfile: string; readonly named: ReadonlyMap<string, string> }> {
  const context = join(folder, 'context');
  if ('folder' in it.context) await copyNormalised(it.context.folder, context);
  else await writeCaseFiles(context, it.context);
  const named = new Map<string, string>();
  for (const [name, files] of Object.entries(it.namedContexts)) {
    const place = typeof files === 'string' ? files : join(folder, `named-${named.size}`);
    if (typeof files !== 'string') await writeCaseFiles(place, files);
    named.set(name, place);
  }
  const dockerfile = it.dockerfileName === undefined ? join(folder, 'Dockerfile') : join(context, it.dockerfileName);
  await mkdir(dirname(dockerfile), { recursive: true });
  await writeFile(dockerfile, it.dockerfile);
  await settleTimes(folder);
  return { context, dockerfile, named };
}

async function writeCaseFiles(root: string, files: readonly CaseFile[]): Promise<void> {
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if (file.symlink !== undefined) {
      await symlink(file.symlink, path);
      continue;
    }
    if (file.hardlink !== undefined) {
      await link(join(root, file.hardlink), path);
      continue;
    }
    if (file.dir === true) await mkdir(path, { recursive: true });
    else await writeFile(path, file.base64 === undefined ? (file.content ?? '') : Buffer.from(file.base64, 'base64'));
    await chmod(path, Number.parseInt(file.mode ?? (file.dir === true ? '0755' : '0644'), 8));
  }
  // Last, since making files changes the times of their folders.
  for (const file of files) {
    if (file.mtime !== undefined) await utimes(join(root, file.path), file.mtime, file.mtime);
  }
}

/** Modes as git knows them. */
async function copyNormalised(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  // First: the corpora's folders may be read-only, and so the copies.
  await normalise(to);
  await restoreSymlinks(to);
}

/**
 * The corpora may have come through something that knows no symlinks, and left files with the target as git does then:
 * a relative path without an end of line, that leads to something.
 */
async function restoreSymlinks(root: string): Promise<void> {
  const found: { readonly path: string; readonly target: string }[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || (await lstat(path)).size > 100) continue;
    const target = await readFile(path, 'utf8');
    const isPath = /^[\w./-]+$/.test(target) && existsSync(join(entry.parentPath, target));
    if (isPath && join(entry.parentPath, target) !== path) found.push({ path, target });
  }
  for (const { path, target } of found) {
    await rm(path);
    await symlink(target, path);
  }
}

async function normalise(path: string): Promise<void> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return;
  await chmod(path, stat.isDirectory() || (stat.mode & 0o111) !== 0 ? 0o755 : 0o644);
  if (!stat.isDirectory()) return;
  for (const name of await readdir(path)) await normalise(join(path, name));
}
