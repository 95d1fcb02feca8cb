import type { FileSource, SourceNode } from '../source/file-source.ts';

/** A context without files. */
export function emptySource(description: string): FileSource {
  const root: SourceNode = {
    kind: 'directory',
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtimeSec: 0,
    mtimeNsec: 0,
    size: 0,
    identity: 0,
    links: 1,
    read: () => [],
    digest: () => Promise.reject(new Error('a folder has no digest')),
  };
  return { description, lookup: (path) => (path === '' ? root : undefined), names: () => [] };
}
