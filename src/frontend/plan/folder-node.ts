import type { NodeId } from '../../graph/node.ts';
import type { Place } from '../instructions/place.ts';
import { joinPath } from './image-path.ts';
import { infoOfPlace } from './info-of-place.ts';
import type { PlannerContext } from './planner-context.ts';
import { writtenSources } from './written-sources.ts';

export interface FolderOfContext {
  /** Of the context; empty for the main one. */
  readonly name: string;
  /** As it was written. */
  readonly source: string;
  /** To blame if it is not there. */
  readonly place: Place;
  /** Stands in the history of an image that is nothing else, in BuildKit's words. */
  readonly label?: string;
}

/** A folder or file of the host as a file system of its own. */
export function folderNode({ graph }: PlannerContext, { name, source, place, label }: FolderOfContext): NodeId {
  const scratch = graph.add({ kind: 'scratch' }, { name: 'scratch' });
  const path = joinPath('/', source);
  return graph.add(
    {
      kind: 'file',
      base: scratch,
      actions: [
        {
          action: 'copy',
          from: { type: 'context', name },
          source: path,
          destination: path,
          wildcards: false,
          followSymlinks: true,
          contentsOnly: true,
          include: [],
          exclude: [],
          required: [],
          unpack: false,
        },
      ],
    },
    {
      name: label ?? `[context${name === '' ? '' : ` ${name}`}] load ${path}`,
      ...infoOfPlace(place),
      ...writtenSources([source]),
    },
  );
}
