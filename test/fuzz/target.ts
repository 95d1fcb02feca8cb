import type { Random } from './random.ts';

/** Something that must stand any input. */
export interface FuzzTarget {
  /** What it says in one line. */
  readonly what: string;
  /** Of one input, in seconds of CPU time. */
  readonly maxSeconds: number;
  /** Sound inputs by name; made or read once. */
  corpus(): Promise<ReadonlyMap<string, CorpusEntry>>;
  /** Ends, or throws a FirekilnError; anything else is a finding. */
  run(data: Buffer, random: Random): void | Promise<void>;
}

export interface CorpusEntry {
  readonly data: Buffer;
  /** Places where a change is worth more than elsewhere. */
  readonly hot?: readonly number[];
  /** After a change: what makes it get further, such as sums that are right again, or pieces of the language. */
  readonly mend?: (data: Buffer, random: Random) => Buffer;
}
