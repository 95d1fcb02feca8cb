import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isNumericOwner } from '../../graph/owner-id.ts';
import { type Owner, resolveOwner } from './owner.ts';
import type { WorkTree } from './work-tree.ts';

/** Throws OWNER_INVALID for names where there are no files at all to look them up in: on scratch. */
export function refuseNamedOwner(text: string | undefined): void {
  if (text === undefined || isNumericOwner(text)) return;
  throw new FirekilnError('OWNER_INVALID', `owner ${JSON.stringify(text)}: there are no names to look up in scratch`, {
    hint: 'Write the owner as numbers.',
    about: ['--chown', text],
  });
}

/** The owner that an action names, looked up in the files as they are at this step. */
export async function baseOwner(
  text: string | undefined,
  work: WorkTree,
  signal: AbortSignal,
): Promise<Owner | undefined> {
  if (text === undefined) return undefined;
  return await resolveOwner(text, {
    lookup: (path) => work.lookup(path),
    readFile: async (path, maxBytes) => {
      const inode = work.inode(path);
      const size = inode?.meta.size ?? 0;
      if (size > maxBytes) {
        throw new FirekilnError('LIMIT_EXCEEDED', `/${path} has ${size} bytes, more than ${maxBytes}`);
      }
      const chunks: Buffer[] = [];
      // Chunks may be used again by their producer.
      for await (const chunk of inode?.content?.read(signal) ?? []) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
  });
}
