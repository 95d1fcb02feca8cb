import { byteStringFromText } from '../base/byte-string.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { resolveInTree } from '../ops/file/resolve.ts';
import type { FileSource } from '../source/file-source.ts';

/**
 * A text file of a context, symlinks followed within the context only; undefined if there is no such file. Throws
 * LIMIT_EXCEEDED above `maxBytes`.
 */
export async function readSourceFile(
  source: FileSource,
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const at = resolveInTree(byteStringFromText(path), {
    readLink: (link) => source.lookup(link)?.linkTarget,
    followLast: true,
  });
  const node = source.lookup(at);
  if (node?.kind !== 'file') return undefined;
  if (node.size > maxBytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${path} of ${source.description} is larger than ${maxBytes} bytes`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of node.read(signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
