import type { InodeMeta } from './entry.ts';

/** What a folder is that nothing describes: one that only the paths of its content name, or that was made anew. */
export const impliedFolder = {
  kind: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSec: 0,
  mtimeNsec: 0,
  size: 0,
} as const satisfies InodeMeta;
