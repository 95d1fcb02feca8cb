import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from '../base/digest.ts';
import { explainSystemError } from '../base/system-error.ts';
import { writeExt4 } from '../formats/ext4/writer/write-ext4.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';

export interface EmptyDiskOptions {
  readonly sizeMiB: number;
  /** False for a disk that is worthless after a crash. */
  readonly journal: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Writes an empty ext4 image that guests may write to: a sparse file, which costs what is in it. */
export async function writeEmptyDisk(path: string, options: EmptyDiskOptions): Promise<void> {
  const { sizeMiB, journal, signal } = options;
  let file: FileHandle;
  try {
    file = await open(path, 'w', 0o600);
  } catch (error) {
    throw explainSystemError(error, 'creating the disk', path);
  }
  try {
    const summary = await writeExt4(
      mergeLayers([]),
      { write: async (data, position) => void (await file.write(data, 0, data.length, position)) },
      {
        identity: sha256(`empty disk of ${sizeMiB} MiB`),
        writable: { size: sizeMiB * 1024 * 1024, journal },
        signal,
      },
    );
    await file.truncate(summary.size);
  } catch (error) {
    throw explainSystemError(error, 'writing the disk', path);
  } finally {
    await file.close();
  }
}
