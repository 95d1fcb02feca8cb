import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { HistoryEntry } from '../../formats/oci/image.ts';
import { maxConfigBytes, maxLayers } from '../../formats/oci/limits.ts';
import type { PlannerContext } from './planner-context.ts';
import type { StageState } from './stage-state.ts';

/** What BuildKit writes, so that tools that read histories know where an entry comes from. */
const historyComment = 'buildkit.dockerfile.v0';

/** What an entry takes in JSON beside its text, at least. */
const bytesPerEntry = 70;

/**
 * Adds an entry to the history of a stage's image; `layer` says whether a layer belongs to it. Throws LIMIT_EXCEEDED for a
 * layer more than an image may have, or a longer history than its config may hold.
 */
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
  if (layer !== 'none' && ++stage.image.layers > maxLayers) {
    throw new FirekilnError('LIMIT_EXCEEDED', `the image has more than ${maxLayers} layers`, {
      hint: 'Each RUN, COPY and ADD makes one. Join some, or copy the result to a stage of its own.',
    });
  }
  stage.image.historyBytes += createdBy.length + bytesPerEntry;
  if (stage.image.historyBytes > maxConfigBytes) throw configTooLarge();
  stage.image.history.push(entry);
}

/** For an image whose config no reader of it would take. */
export function configTooLarge(): FirekilnError {
  return new FirekilnError('LIMIT_EXCEEDED', `the config of the image is larger than ${maxConfigBytes} bytes`, {
    hint: 'It holds the history, variables and labels: write fewer or shorter ones, or put long values into a file.',
  });
}
