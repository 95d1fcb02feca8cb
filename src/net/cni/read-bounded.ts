import { open } from 'node:fs/promises';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError } from '../../base/system-error.ts';

/** The text of a file of at most `max` bytes; LIMIT_EXCEEDED above that. */
export async function readBounded(path: string, max: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(max + 1);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, size, buffer.length - size, null);
      size += bytesRead;
      if (size > max) throw new FirekilnError('LIMIT_EXCEEDED', `${path} has more than ${max} bytes`);
      if (bytesRead === 0) return buffer.toString('utf8', 0, size);
    }
  } catch (error) {
    throw explainSystemError(error, 'reading', path);
  }
}
