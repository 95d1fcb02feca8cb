import type { WorkdirInstruction } from '../instructions/instruction.ts';
import { addHistory } from './history.ts';
import { joinPath } from './image-path.ts';
import { infoOfPlace } from './info-of-place.ts';
import type { PlannerContext } from './planner-context.ts';
import type { StageState } from './stage-state.ts';
import { nextStepName, shownInstruction } from './step-name.ts';

/** Makes the folder, owned by the current user, and makes it the place of the steps that follow. */
export function planWorkdir(context: PlannerContext, stage: StageState, instruction: WorkdirInstruction): void {
  stage.workdirSet = true;
  // An absolute path is recorded as it is written, as BuildKit does; a relative one is cleaned.
  const { path: asked } = instruction;
  const recorded = asked.startsWith('/') ? asked : joinPath(stage.image.config.workingDir || '/', asked);
  const path = joinPath('/', recorded);
  stage.image.config.workingDir = recorded;
  stage.cwd = path;
  if (recorded === '/') {
    addHistory(context, stage, 'WORKDIR /', 'none');
    return;
  }
  const { user } = stage.image.config;
  const shown = shownInstruction(context, instruction.text, stage.env, { keepQuotes: false });
  if (stage.node === undefined) throw new Error('WORKDIR of a stage that was not started');
  stage.node = context.graph.add(
    {
      kind: 'file',
      base: stage.node,
      actions: [{ action: 'mkdir', path, mode: 0o755, ...(user === '' ? {} : { owner: user }) }],
    },
    {
      name: nextStepName(stage, shown, instruction.trigger),
      ...infoOfPlace(instruction),
      ignoreCache: stage.ignoreCache,
    },
  );
  addHistory(context, stage, `WORKDIR ${recorded}`, 'folder');
}
