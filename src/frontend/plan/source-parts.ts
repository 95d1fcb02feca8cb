import type { CopyAction, CopySource } from '../../graph/node.ts';
import { joinPath } from './image-path.ts';

/** What an action of COPY or ADD copies. */
export type SourceParts = Pick<
  CopyAction,
  'from' | 'source' | 'wildcards' | 'followSymlinks' | 'contentsOnly' | 'include' | 'required' | 'unpack'
>;

/** One path taken as it is. */
export function wholeFile(from: CopySource, name: string): SourceParts {
  return {
    from,
    source: joinPath('/', name),
    wildcards: false,
    followSymlinks: false,
    contentsOnly: false,
    include: [],
    required: [],
    unpack: false,
  };
}
