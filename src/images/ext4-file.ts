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
    const summary = await writeExt4(source, fileSink(file), options);
    await file.truncate(summary.size);
    return summary;
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  }
}

function fileSink(file: FileHandle): ImageSink {
  return {
    async write(data, position) {
      for (let done = 0; done < data.length; ) {
        const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
        done += bytesWritten;
      }
    },
  };
}
