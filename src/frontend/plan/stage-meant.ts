import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { nearest } from '../../base/nearest.ts';
import { toLower } from '../text/letter-case.ts';
import type { StageState } from './stage-state.ts';

/**
 * What went wrong with the image of `state`, with the stage that its name more likely means: one below, which FROM does not
 * know, or one whose name is nearly the same.
 */
export function withStageMeant(error: unknown, all: readonly StageState[], state: StageState): unknown {
  if (!isFirekilnError(error) || error.code === 'ABORTED') return error;
  const later = laterStage(all, state);
  if (later !== undefined) {
    const message = `${error.message}; a stage of this name is defined later, on line ${later.place.range.startLine}`;
    const hint = `FROM knows the stages above it only. Move the stage ${later.name} above this one, if it is what you mean.`;
    return error.with({ message, hint });
  }
  const meant = similarStage(all, state);
  if (meant === undefined) return error;
  // How the name would be written as that of an image is beside the point.
  const other = error.code === 'REFERENCE_INVALID' || error.hint === undefined ? '' : ` ${error.hint}`;
  const hint = `Did you mean the stage ${meant}?${other}`;
  return error.with({ hint });
}

function laterStage(all: readonly StageState[], { index, baseName, isImplicit }: StageState): StageState | undefined {
  if (isImplicit) return undefined;
  return all.find((it) => it.index > index && it.name !== undefined && toLower(it.name) === toLower(baseName));
}

/** FROM knows the stages above it, in lower case; COPY and mounts know all, in any. */
function similarStage(all: readonly StageState[], { index, baseName, isImplicit }: StageState): string | undefined {
  const known = all.filter((it) => isImplicit || it.index < index);
  const names = known.flatMap(({ name }) => (name === undefined ? [] : [toLower(name)]));
  const wanted = toLower(baseName);
  return names.includes(wanted) ? wanted : nearest(wanted, names);
}
