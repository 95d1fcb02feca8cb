import { open } from 'node:fs/promises';

/** The last lines of a text file; none if it can't be read. */
export async function readTail(path: string, count = 20): Promise<readonly string[]> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.min(size, 16 * 1024);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8').trimEnd();
    return text === '' ? [] : text.split('\n').slice(-count);
  } catch {
    return [];
  }
}
