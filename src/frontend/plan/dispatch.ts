import { expandInstruction } from '../instructions/expand-instruction.ts';
import type { Instruction } from '../instructions/instruction.ts';
import { blaming } from '../instructions/place.ts';
import { expandWord } from '../words/expand.ts';
import { planCopy } from './plan-copy.ts';
import {
  planArg,
  planCommand,
  planEnv,
  planExpose,
  planHealthcheck,
  planLabel,
  planMaintainer,
  planShell,
  planStopsignal,
  planUser,
  planVolume,
} from './plan-metadata.ts';
import { planRun } from './plan-run.ts';
import { planWorkdir } from './plan-workdir.ts';
import type { PlannerContext } from './planner-context.ts';
import type { PlannedInstruction, StageState } from './stage-state.ts';

/** Carries one instruction out on the plan: nodes, image config, history, environment. */
export function dispatch(context: PlannerContext, stage: StageState, planned: PlannedInstruction): void {
  blaming(context.source, planned.instruction, () => {
    const instruction = expandInstruction(planned.instruction, expanderFor(context, stage));
    plan(context, stage, instruction, planned);
  });
}

function plan(context: PlannerContext, stage: StageState, instruction: Instruction, planned: PlannedInstruction): void {
  switch (instruction.kind) {
    case 'add':
    case 'copy':
      planCopy(context, stage, instruction, planned);
      return;
    case 'run':
      planRun(context, stage, instruction, planned);
      return;
    case 'workdir':
      planWorkdir(context, stage, instruction);
      return;
    case 'onbuild':
      stage.image.config.onBuild.push(instruction.expression);
      return;
    case 'env':
      planEnv(context, stage, instruction);
      return;
    case 'label':
      planLabel(context, stage, instruction);
      return;
    case 'arg':
      planArg(context, stage, instruction);
      return;
    case 'cmd':
    case 'entrypoint':
      planCommand(context, stage, instruction);
      return;
    case 'healthcheck':
      planHealthcheck(context, stage, instruction);
      return;
    case 'expose':
      planExpose(context, stage, instruction);
      return;
    case 'user':
      planUser(context, stage, instruction);
      return;
    case 'volume':
      planVolume(context, stage, instruction);
      return;
    case 'stopsignal':
      planStopsignal(context, stage, instruction);
      return;
    case 'shell':
      planShell(context, stage, instruction);
      return;
    case 'maintainer':
      planMaintainer(context, stage, instruction);
  }
}

function expanderFor({ expansion }: PlannerContext, stage: StageState) {
  return {
    word: (text: string) => expandWord(text, stage.env, expansion).text,
    // The bodies of here-documents know no other escape character.
    body: (text: string) => expandWord(text, stage.env, { ...expansion, escape: '\\', ignoreQuotes: true }).text,
  };
}
