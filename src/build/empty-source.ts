import { impliedFolder } from '../formats/tree/implied-folder.ts';
import type { FileSource, SourceNode } from '../source/file-source.ts';

/** A context without files. */
export function emptySource(description: string): FileSource {
  const root: SourceNode = {
    ...impliedFolder,
    identity: 0,
    links: 1,
    read: () => [],
    digest: () => Promise.reject(new Error('a folder has no digest')),
  };
  return { description, lookup: (path) => (path === '' ? root : undefined), names: () => [] };
}
