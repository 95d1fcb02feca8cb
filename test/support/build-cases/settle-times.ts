import { createHash } from 'node:crypto';
import { lstat, lutimes, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Some months before the corpora's own times, in seconds. */
const start = 1_470_000_000;
/** A file's time before this was given by its case. */
const oldestOfNow = 1_600_000_000;

/**
 * Gives everything below a folder a time that follows from path and content: the same in every build of a case, and another
 * one for other content, since BuildKit takes a file of the same time and size for the one it knows. Times that
 * the case gave stay.
 */
export async function settleTimes(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const stat = await lstat(path);
    if (stat.mtimeMs / 1000 < oldestOfNow) continue;
    const hash = createHash('sha256').update(relative(root, path));
    if (stat.isFile()) hash.update(await readFile(path));
    if (stat.isSymbolicLink()) hash.update(await readlink(path));
    const seconds = start + (hash.digest().readUInt32BE() % 10_000_000);
    await lutimes(path, seconds, seconds);
  }
}
