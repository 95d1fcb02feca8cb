import { byteStringFromText, emptyByteString } from '../../base/byte-string.ts';
import { sha256 } from '../../base/digest.ts';
import type { FileSource, SourceNode } from '../../source/file-source.ts';
import type { Timestamp } from './folders.ts';
import { treePath } from './paths.ts';

/** A file from the Dockerfile itself (a heredoc), 0644, as the only one of its tree. */
export function inlineSource(name: string, data: string, time: Timestamp): FileSource {
  const bytes = Buffer.from(data);
  const path = treePath(name);
  const common = {
    uid: 0,
    gid: 0,
    mtimeSec: time.sec,
    mtimeNsec: time.nsec,
    links: 1,
    digest: async () => sha256(bytes),
  };
  const root: SourceNode = { ...common, kind: 'directory', mode: 0o755, size: 0, identity: 0, read: () => [] };
  const file: SourceNode = {
    ...common,
    kind: 'file',
    mode: 0o644,
    size: bytes.length,
    identity: 1,
    read: () => [bytes],
  };
  return {
    description: `the here-document ${name}`,
    lookup: (at) => (at === emptyByteString ? root : at === path ? file : undefined),
    names: (folder) => (folder === emptyByteString ? [byteStringFromText(name)] : []),
  };
}
