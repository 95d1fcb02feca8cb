import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** The kernel looks for an archive at multiples of four bytes and skips zeros between archives. */
const alignment = 4;

/**
 * Writes archives one after the other, since VMMs take a single file; mode 0600, since it may hold keys. The folder is
 * private.
 */
export async function joinInitrds(paths: readonly string[], target: string): Promise<void> {
  const file = await open(target, 'w', 0o600);
  try {
    let size = 0;
    for (const path of paths) {
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        await file.write(chunk);
        size += chunk.length;
      }
      const padding = (alignment - (size % alignment)) % alignment;
      await file.write(Buffer.alloc(padding));
      size += padding;
    }
  } finally {
    await file.close();
  }
}
