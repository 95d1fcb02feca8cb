import type { CopySource, FileAction } from '../../graph/node.ts';
import type { FileSource } from '../../source/file-source.ts';
import type { ArchiveUnpacker } from './archive-unpacker.ts';
import { baseOwner } from './base-owner.ts';
import { copyInto } from './copy-into.ts';
import { makeFolders, type Timestamp } from './folders.ts';
import { treePath } from './paths.ts';
import type { WorkTree } from './work-tree.ts';

export interface ApplyOptions {
  readonly open: (from: CopySource) => Promise<FileSource>;
  readonly unpacker: ArchiveUnpacker;
  readonly time: Timestamp;
  readonly signal: AbortSignal;
}

/** Carries `WORKDIR`, `COPY` and `ADD` out on a tree. Throws what their parts throw. */
export async function applyActions(
  work: WorkTree,
  actions: readonly FileAction[],
  { open, unpacker, time, signal }: ApplyOptions,
): Promise<void> {
  for (const action of actions) {
    const owner = await baseOwner(action.owner, work, signal);
    if (action.action === 'mkdir') {
      makeFolders(work, work.resolve(treePath(action.path), true), { mode: action.mode, owner, time });
    } else await copyInto(action, { from: await open(action.from), to: work, owner, time, unpacker });
  }
}
