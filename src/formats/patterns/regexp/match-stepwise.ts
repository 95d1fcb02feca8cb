import { addReachable, advance, automatonOf } from './states.ts';
import type { Part } from './syntax.ts';

/** Matches parts with assertions at any place: all states advance together, so the time is linear in the path. */
export function matchStepwise(parts: readonly Part[]): (path: string) => boolean {
  const automaton = automatonOf(parts);
  return (path) => {
    const codes = Array.from(path, (char) => char.codePointAt(0) ?? 0);
    let states: ReadonlySet<number> = new Set([0]);
    for (let at = 0; at <= codes.length; at++) {
      const reached = addReachable(automaton, states, { before: codes[at - 1], after: codes[at] });
      // A match that is not bound to the end may stop anywhere.
      if (reached.has(automaton.accept)) return true;
      const code = codes[at];
      if (code === undefined || reached.size === 0) return false;
      states = advance(automaton, reached, code);
    }
    return false;
  };
}
