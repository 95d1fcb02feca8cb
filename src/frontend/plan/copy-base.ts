import type { CopySource } from '../../graph/node.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import { placeOfSource } from './place-of-source.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { circleOf } from './stage-needs.ts';
import type { PlannedInstruction, StageState } from './stage-state.ts';

/** Where the sources of an instruction lie, unless they are URLs. */
export type CopyBase = CopySource | { readonly type: 'http'; readonly baseUrl: string };

/** Of the context, a stage or an image. */
export function copyBase(
  { request, graph }: PlannerContext,
  stage: StageState,
  instruction: AddInstruction | CopyInstruction,
  { sources: [source] }: PlannedInstruction,
): CopyBase {
  if (source !== undefined) {
    if (source.node === undefined || !source.isDispatched) {
      const { about } = placeOfSource(instruction, 0);
      const circle = circleOf(stage, source);
      if (circle !== undefined) throw planFault(circle, { about });
      const name = source.name ?? `stage ${source.index}`;
      throw planFault(
        `COPY takes files from ${name}, which is not finished before ${stage.name ?? `stage ${stage.index}`}`,
        {
          hint: `Move the stage that is copied from, on line ${source.place.range.startLine}, above the one that copies.`,
          about,
        },
      );
    }
    return { type: 'node', node: source.node };
  }
  const { main } = request.contexts;
  switch (main.type) {
    case 'folder':
      return { type: 'context', name: main.name };
    case 'node':
      return { type: 'node', node: graph.add(main.node, { name: `[context] load ${main.name}` }) };
    case 'http':
      return main;
    case 'image':
      throw planFault('the main build context can not be an image');
  }
}
