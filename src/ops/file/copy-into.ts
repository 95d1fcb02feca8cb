import { parseSymbolicMode } from '../../formats/chmod/symbolic-mode.ts';
import type { CopyAction } from '../../graph/node.ts';
import type { FileSource } from '../../source/file-source.ts';
import type { ArchiveUnpacker } from './archive-unpacker.ts';
import { Copier, type CopyOptions, prepareTarget } from './copier.ts';
import { copyFilters } from './copy-filters.ts';
import type { Timestamp } from './folders.ts';
import type { Owner } from './owner.ts';
import { treePath } from './paths.ts';
import { selectSources } from './select-sources.ts';
import type { WorkTree } from './work-tree.ts';

export interface CopyContext {
  readonly from: FileSource;
  readonly to: WorkTree;
  readonly owner: Owner | undefined;
  readonly time: Timestamp;
  readonly unpacker: ArchiveUnpacker;
}

/** Carries one `COPY` or `ADD` of one source out. */
export async function copyInto(action: CopyAction, { from, to, owner, time, unpacker }: CopyContext): Promise<void> {
  const { mode, contentsOnly } = action;
  const options: CopyOptions & { readonly contentsOnly: boolean } = {
    ...copyFilters(action),
    owner,
    time,
    contentsOnly,
    octalMode: mode?.type === 'octal' ? mode.mode : undefined,
    symbolicMode: mode?.type === 'symbolic' ? parseSymbolicMode(mode.text) : undefined,
  };
  const destination = { path: treePath(action.destination), isFolder: /(?:^|\/)\.?$/.test(action.destination) };
  for (const { path, resolved, node } of selectSources(from, action)) {
    if (action.unpack && node.kind === 'file' && (await unpacker.isArchive(node))) {
      await unpacker.unpack(node, { to, destination: destination.path, owner, time, name: path });
      continue;
    }
    const target = prepareTarget(to, { path, node }, destination, options);
    new Copier(from, to, options).copy(resolved, target);
  }
}
