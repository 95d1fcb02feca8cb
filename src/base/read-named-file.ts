import { readFile, stat } from 'node:fs/promises';
import { explainSystemError, systemCode } from './system-error.ts';

/** A file, or what is wrong with it as the end of a sentence. */
export type NamedFile =
  | { readonly data: Buffer; readonly fault?: undefined }
  | { readonly data?: undefined; readonly fault: string };

/**
 * Reads a file that a person named. What is no regular file is a fault: a pipe or a device might never end. Throws
 * PERMISSION.
 */
export async function readNamedFile(path: string, maxBytes: number): Promise<NamedFile> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return { fault: 'is no file' };
    if (stats.size > maxBytes) return { fault: `is larger than ${maxBytes} bytes` };
    return { data: await readFile(path) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return { fault: 'is not there' };
    throw explainSystemError(error, 'reading', path);
  }
}
