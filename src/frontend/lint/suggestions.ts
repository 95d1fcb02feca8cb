import { nearest } from '../../base/nearest.ts';
import { maxComparisons } from '../limits.ts';

/** A set, or a map by name. */
type Names = Pick<ReadonlySet<string>, 'size' | 'keys'>;

/** Finds which name a mistyped one most likely means, until that has cost too much: a warning then comes without it. */
export class Suggestions {
  #left: number = maxComparisons;

  nearest(word: string, ...names: readonly Names[]): string | undefined {
    for (const { size } of names) this.#left -= size;
    return this.#left < 0 ? undefined : nearest(word, new Set(names.flatMap((some) => [...some.keys()])));
  }
}
