import { expandWord } from '../words/expand.ts';
import type { Variables } from '../words/variables.ts';
import type { PlannerContext } from './planner-context.ts';
import type { StageState } from './stage-state.ts';

/** `[build 2/5] RUN make`: the next step of a stage, as BuildKit names it; `trigger` as in a Place. */
export function nextStepName(stage: StageState, text: string, trigger?: string): string {
  if (stage.stepsTotal === 0) return text;
  stage.stepCount++;
  const width = String(stage.stepsTotal).length;
  const position = `${String(stage.stepCount).padStart(width)}/${stage.stepsTotal}`;
  const label = stage.label === '' ? '' : `${stage.label} `;
  return `[${label}${position}] ${trigger === undefined ? '' : 'ONBUILD '}${text}`;
}

/** An instruction's text for people: the keyword in capitals, variables replaced where they are set, quotes kept. */
export function shownInstruction(
  context: PlannerContext,
  text: string,
  variables: Variables,
  options: { readonly keepQuotes: boolean },
): string {
  try {
    const { keepQuotes } = options;
    const expanded = expandWord(text, variables, {
      ...context.expansion,
      keepQuotes,
      keepEscapes: keepQuotes,
      keepUnset: keepQuotes,
    });
    return withCapitals(expanded.text);
  } catch {
    // A text that a shell understands and we don't is shown as it is.
    return withCapitals(text);
  }
}

/** As in BuildKit, up to the first space: what a tab divides is one word. */
function withCapitals(text: string): string {
  const space = text.indexOf(' ');
  return space === -1 ? text.toUpperCase() : text.slice(0, space).toUpperCase() + text.slice(space);
}
