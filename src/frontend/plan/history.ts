import type { HistoryEntry } from '../../formats/oci/image.ts';
import type { PlannerContext } from './planner-context.ts';
import type { StageState } from './stage-state.ts';

/** What BuildKit writes, so that tools that read histories know where an entry comes from. */
const historyComment = 'buildkit.dockerfile.v0';

/** Adds an entry to the history of a stage's image; `layer` says whether a layer belongs to it. */
export function addHistory(
  context: PlannerContext,
  stage: StageState,
  createdBy: string,
  layer: 'none' | 'folder' | 'step',
): void {
  const { sourceDateEpoch } = context.request;
  const entry: HistoryEntry = {
    ...(sourceDateEpoch === undefined ? {} : { created: new Date(sourceDateEpoch * 1000).toISOString() }),
    created_by: layer === 'step' ? `${createdBy} # buildkit` : createdBy,
    comment: historyComment,
    ...(layer === 'none' ? { empty_layer: true } : {}),
  };
  stage.image.history.push(entry);
}
