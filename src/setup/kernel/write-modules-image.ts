import { open } from 'node:fs/promises';
import type { Digest } from '../../base/digest.ts';
import { explainSystemError } from '../../base/system-error.ts';
import { writeExt4 } from '../../formats/ext4/writer/write-ext4.ts';
import { folderTree } from './folder-tree.ts';

/** Writes a folder `lib/modules/<release>` as a read-only ext4 image. */
export async function writeModulesImage(
  folder: string,
  path: string,
  options: { readonly identity: Digest; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    const sink = {
      write: async (data: Uint8Array, position: number) => {
        await file.write(data, 0, data.length, position);
      },
    };
    const { size } = await writeExt4(await folderTree(folder), sink, { ...options, label: 'modules' });
    await file.truncate(size);
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  } finally {
    await file.close();
  }
}
