import { type CodeRange, contains } from './code-set.ts';
import type { Part } from './syntax.ts';

const slash = 0x2f;
const newline = 0x0a;

/**
 * The automaton of a list of parts. State `2 * i` stands before part i (the last one behind all of them), `2 * i + 1`
 * within the `.*` of `(.*\/)?`.
 */
export interface Automaton {
  readonly parts: readonly Part[];
  readonly accept: number;
}

/** What an assertion looks at: the characters around a place, undefined at the ends. */
export interface Surroundings {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export function automatonOf(parts: readonly Part[]): Automaton {
  return { parts, accept: parts.length * 2 };
}

/** Adds the states that need no character. Assertions hold according to the surroundings. */
export function addReachable({ parts }: Automaton, states: ReadonlySet<number>, around: Surroundings): Set<number> {
  const reached = new Set(states);
  for (const state of reached) {
    const part = state % 2 === 0 ? parts[state / 2] : undefined;
    if (part === undefined || part.type === 'set') continue;
    if (part.type !== 'assertion' || holds(part.assertion, around)) reached.add(state + 2);
  }
  return reached;
}

/** The states behind one more character. */
export function advance({ parts }: Automaton, states: Iterable<number>, code: number): Set<number> {
  const next = new Set<number>();
  for (const state of states) {
    const part = parts[state >> 1];
    if (part === undefined || part.type === 'assertion') continue;
    if (part.type === 'optional-folders') {
      if (code !== newline) next.add(state | 1);
      if (code === slash) next.add((state | 1) + 1);
    } else if (contains(part.set, code)) next.add(part.type === 'star' ? state : state + 2);
  }
  return next;
}

/** The ranges of characters that some part treats on its own. */
export function distinguishedRanges({ parts }: Automaton): CodeRange[] {
  const ranges: CodeRange[] = [
    { low: slash, high: slash },
    { low: newline, high: newline },
  ];
  for (const part of parts) if ('set' in part) ranges.push(...part.set);
  return ranges;
}

function holds(assertion: string, { before, after }: Surroundings): boolean {
  switch (assertion) {
    case 'start':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'word-boundary':
      return isWord(before) !== isWord(after);
    default:
      return isWord(before) === isWord(after);
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && /^[0-9A-Za-z_]$/.test(String.fromCodePoint(code));
}
