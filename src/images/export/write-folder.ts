import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import { explainSystemError } from '../../base/system-error.ts';
import type { TarContent } from '../../formats/tar/tar-writer.ts';
import { writeAll } from '../ext4-file.ts';
import { FreshFolder } from './fresh-folder.ts';

/** Writes files of our own making into a folder that appears whole: a layout that was there before is replaced. */
export async function writeFolder(
  dest: string,
  files: readonly { readonly path: string; readonly read: () => TarContent }[],
  signal?: AbortSignal,
): Promise<void> {
  await using folder = await FreshFolder.create(dest, 'replace');
  for (const { path, read } of files) {
    const full = join(folder.path, path);
    try {
      await mkdir(dirname(full), { recursive: true });
      await using file = await open(full, 'wx', 0o644);
      let position = 0;
      for await (const chunk of read()) {
        throwIfAborted(signal, `writing ${dest}`);
        await writeAll(file, chunk, position);
        position += chunk.length;
      }
    } catch (error) {
      throw explainSystemError(error, 'writing', full);
    }
  }
  await folder.replace('oci-layout');
}
