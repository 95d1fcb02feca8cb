import type { Ext4FileSystem } from './file-system.ts';
import type { Ext4Inode } from './inode.ts';

/** Bytes of one chunk; a hole is given out in chunks too. */
const chunkSize = 1 << 20;

/** The content of a file from start to end. A chunk is only valid until the next one is asked for. */
export function* readFile(fileSystem: Ext4FileSystem, file: Ext4Inode): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkSize, file.size));
  let position = 0;
  for (const { fileOffset, length, blobOffset } of fileSystem.dataExtents(file)) {
    yield* zeros(buffer, fileOffset - position);
    for (let done = 0; done < length; ) {
      const part = buffer.subarray(0, Math.min(buffer.length, length - done));
      const got = fileSystem.image.read(part, blobOffset + done);
      if (got !== part.length) throw new Error(`the image ended at byte ${blobOffset + done + got}`);
      done += part.length;
      yield part;
    }
    position = fileOffset + length;
  }
  yield* zeros(buffer, file.size - position);
}

function* zeros(buffer: Uint8Array, length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; ) {
    const part = buffer.subarray(0, Math.min(buffer.length, left)).fill(0);
    left -= part.length;
    yield part;
  }
}
