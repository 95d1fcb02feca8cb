import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { maxMatchWork } from '../pattern-error.ts';
import { alphabetOf } from './alphabet.ts';
import { type Automaton, addReachable, advance, automatonOf, distinguishedRanges } from './states.ts';
import type { Part } from './syntax.ts';

/** When the cache of states is fuller it is emptied; fifty patterns on a large tree take some hundred. */
const maxCachedStates = 5000;
/** And of what these states consist of: some two hundred megabytes, as sets. */
const maxCachedMembers = 1_000_000;

const unknown = -1;
const deadEnd = 0;
const start = 1;
const inside = { before: 0x2f, after: 0x2f };

/** One way in which pattern `id` matches. */
export interface Alternative {
  readonly id: number;
  /** Without assertions. */
  readonly parts: readonly Part[];
}

export interface JointMatcher {
  /** The ids that match the whole path, in no order and perhaps twice. */
  match(path: string): readonly number[];
  /** Calls back with the ids that match a folder of the path, folder by folder, and then with those of the path. */
  matchEach(path: string, found: (ids: readonly number[]) => void): void;
}

/**
 * Matches paths against many patterns in one pass: the states of all automata that can be reached together are worked
 * out once, when they first occur, and remembered.
 */
export function matchJointly(alternatives: readonly Alternative[]): JointMatcher {
  const cache = createCache(alternatives);
  const { ascii, size } = cache.alphabet;
  const run = (path: string, found?: (ids: readonly number[]) => void): readonly number[] => {
    let state = start;
    let table = cache.table;
    for (let at = 0; at < path.length; at++) {
      let code = path.charCodeAt(at);
      if (code === 0x2f && found !== undefined) found(cache.acceptedBy(state));
      if (code >= 0xd800 && code < 0xdc00) {
        code = path.codePointAt(at) ?? code;
        if (code > 0xffff) at++;
      }
      const letter = (code < 128 ? ascii[code] : cache.alphabet.letterOf(code)) ?? 0;
      const next = table[state * size + letter] ?? unknown;
      if (next === unknown) {
        state = cache.findNext(state, letter);
        table = cache.table;
      } else state = next;
      if (state === deadEnd) return [];
    }
    return cache.acceptedBy(state);
  };
  return {
    match: (path) => run(path),
    matchEach: (path, found) => found(run(path, found)),
  };
}

function createCache(alternatives: readonly Alternative[]) {
  const automaton = joinAutomata(alternatives);
  const alphabet = alphabetOf(distinguishedRanges(automaton));
  const { size } = alphabet;
  let sets: (readonly number[])[] = [];
  let accepted: (readonly number[])[] = [];
  let indexes = new Map<string, number>();
  /** By state and letter: the next state, or -1 while it is not known. */
  let table = new Int32Array(0);
  let members = 0;
  let work = 0;

  const indexOf = (set: ReadonlySet<number>): number => {
    const sorted = [...set].sort((a, b) => a - b);
    const key = sorted.join();
    const known = indexes.get(key);
    if (known !== undefined) return known;
    const index = sets.push(sorted) - 1;
    members += sorted.length;
    accepted.push(sorted.flatMap((state) => automaton.ids.get(state) ?? []));
    indexes.set(key, index);
    if (index * size >= table.length) table = enlarged(table, Math.max(8, index * 2) * size);
    return index;
  };
  const reset = (): void => {
    sets = [];
    accepted = [];
    indexes = new Map();
    table = new Int32Array(0);
    members = 0;
    indexOf(new Set());
    table.fill(deadEnd, 0, size);
    indexOf(addReachable(automaton, automaton.starts, inside));
  };
  reset();

  return {
    alphabet,
    get table() {
      return table;
    },
    acceptedBy: (state: number): readonly number[] => accepted[state] ?? [],
    findNext(state: number, letter: number): number {
      const from = sets[state] ?? [];
      const set = addReachable(automaton, advance(automaton, from, alphabet.sampleOf(letter)), inside);
      work += from.length + set.size;
      if (work > maxMatchWork) {
        throw new FirekilnError('LIMIT_EXCEEDED', 'matching the patterns takes too much work', {
          hint: 'Use fewer patterns, or fewer wildcards in each.',
        });
      }
      if (sets.length < maxCachedStates && members < maxCachedMembers) {
        const index = indexOf(set);
        table[state * size + letter] = index;
        return index;
      }
      reset();
      return indexOf(set);
    },
  };
}

function enlarged(table: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length).fill(unknown);
  larger.set(table);
  return larger;
}

interface JoinedAutomaton extends Automaton {
  readonly starts: ReadonlySet<number>;
  /** By accepting state. */
  readonly ids: ReadonlyMap<number, number>;
}

/** The parts one after the other, with a part that takes nothing behind each, which is where it accepts. */
function joinAutomata(alternatives: readonly Alternative[]): JoinedAutomaton {
  const parts: Part[] = [];
  const starts = new Set<number>();
  const ids = new Map<number, number>();
  for (const alternative of alternatives) {
    starts.add(parts.length * 2);
    for (const part of alternative.parts) parts.push(part);
    ids.set(parts.length * 2, alternative.id);
    parts.push({ type: 'set', set: [] });
  }
  return { ...automatonOf(parts), starts, ids };
}
