import { type FileHandle, open } from 'node:fs/promises';
import { explainSystemError } from '../base/system-error.ts';
import type { Ext4Options, Ext4Source, Ext4Summary, ImageSink } from '../formats/ext4/writer/options.ts';
import { writeExt4 } from '../formats/ext4/writer/write-ext4.ts';

/**
 * Writes a tree as an ext4 image into a new sparse file, not flushed. What is left of the file after a failure is
 * worthless. Throws what {@link writeExt4} throws, and DISK_FULL.
 */
export async function writeExt4File(source: Ext4Source, path: string, options: Ext4Options): Promise<Ext4Summary> {
  try {
    await using file = await open(path, 'wx', 0o644);
    return await writeExt4To(file, source, options);
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  }
}

/** The same into an empty file that is open for writing. */
export async function writeExt4To(file: FileHandle, source: Ext4Source, options: Ext4Options): Promise<Ext4Summary> {
  const sink: ImageSink = { write: async (data, position) => await writeAll(file, data, position) };
  const summary = await writeExt4(source, sink, options);
  await file.truncate(summary.size);
  return summary;
}

/** Writes all of `data`: a single write(2) may take less. */
export async function writeAll(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}
