import { expandWord } from '../words/expand.ts';
import type { Variables } from '../words/variables.ts';
import type { PlannerContext } from './planner-context.ts';
import type { StageState } from './stage-state.ts';

/** `[build 2/5] RUN make`: the next step of a stage, as BuildKit names it. */
export function nextStepName(stage: StageState, text: string, isTrigger: boolean): string {
  if (stage.stepsTotal === 0) return text;
  stage.stepCount++;
  const width = String(stage.stepsTotal).length;
  const position = `${String(stage.stepCount).padStart(width)}/${stage.stepsTotal}`;
  const label = stage.label === '' ? '' : `${stage.label} `;
  return `[${label}${position}] ${isTrigger ? 'ONBUILD ' : ''}${text}`;
}

/** An instruction's text for people: the keyword in capitals, variables replaced where they are set, quotes kept. */
export function shownInstruction(
  context: PlannerContext,
  text: string,
  variables: Variables,
  options: { readonly keepQuotes: boolean },
): string {
  const space = text.indexOf(' ');
  const keyword = (space === -1 ? text : text.slice(0, space)).toUpperCase();
  const rest = space === -1 ? '' : text.slice(space);
  try {
    const { keepQuotes } = options;
    const expanded = expandWord(rest, variables, {
      ...context.expansion,
      keepQuotes,
      keepEscapes: keepQuotes,
      keepUnset: keepQuotes,
    });
    return keyword + expanded.text;
  } catch {
    // A text that a shell understands and we don't is shown as it is.
    return keyword + rest;
  }
}
