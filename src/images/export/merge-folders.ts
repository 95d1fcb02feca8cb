import { chmod, lstat, readdir, rename, rm, utimes } from 'node:fs/promises';

/**
 * Moves what is in one folder into another of the same file system. Folders on both sides are joined and take mode and
 * time of the first; anything else of the second gives way. Nothing is followed.
 */
export async function mergeFolders(from: string | Buffer, to: string | Buffer): Promise<void> {
  for (const name of await readdir(from, { encoding: 'buffer' })) {
    const source = within(from, name);
    const target = within(to, name);
    const mine = await lstat(source);
    const theirs = await lstat(target).catch(() => undefined);
    // A folder that may not be written to could neither be moved nor emptied.
    if (mine.isDirectory()) await chmod(source, 0o700);
    if (mine.isDirectory() && theirs?.isDirectory() === true) await mergeFolders(source, target);
    else {
      if (theirs !== undefined && (mine.isDirectory() || theirs.isDirectory())) await rm(target, { recursive: true });
      await rename(source, target);
    }
    if (!mine.isDirectory()) continue;
    await chmod(target, mine.mode & 0o7777);
    await utimes(target, mine.atimeMs / 1000, mine.mtimeMs / 1000);
  }
}

function within(folder: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(folder as string), Buffer.from('/'), name]);
}
