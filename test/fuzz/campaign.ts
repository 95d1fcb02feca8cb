import { crc32 } from 'node:zlib';
import { isFirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { CorpusEntry, FuzzTarget } from './target.ts';

/** What an input did that it must not; reproduced by target, seed and number alone. */
export interface Finding {
  readonly number: number;
  readonly corpus: string;
  readonly why: string;
  readonly data: Buffer;
}

/** Bytes that one buffer may have: more is an allocation by a size that nobody checked. */
const maxBuffer = 128 << 20;

/** Inputs by number: each is made from the seed and its number only. */
export class Campaign {
  readonly #target: FuzzTarget;
  readonly #seed: number;
  readonly #corpus: readonly (readonly [string, CorpusEntry])[];

  private constructor(target: FuzzTarget, seed: number, corpus: readonly (readonly [string, CorpusEntry])[]) {
    this.#target = target;
    this.#seed = seed;
    this.#corpus = corpus;
  }

  static async open(target: FuzzTarget, seed: number): Promise<Campaign> {
    return new Campaign(target, seed, [...(await target.corpus())]);
  }

  /** Every sound input as it is; throws what it throws. */
  async checkCorpus(): Promise<void> {
    for (const [, { data }] of this.#corpus) await this.#target.run(data, new Random(1));
  }

  /** Runs one input; undefined if it was read or refused as it should. */
  async run(number: number): Promise<Finding | undefined> {
    const random = new Random(crc32(`${this.#seed} ${number}`));
    const [corpus, entry] = random.pick(this.#corpus);
    const { data: changed, undo } = mutate(entry.data, random, entry.hot);
    const data = entry.mend?.(changed, random) ?? changed;
    const before = process.cpuUsage();
    try {
      await withLimitedBuffers(async () => await this.#target.run(data, random));
      const { user, system } = process.cpuUsage(before);
      const seconds = (user + system) / 1e6;
      if (seconds <= this.#target.maxSeconds) return undefined;
      return { number, corpus, why: `it took ${seconds.toFixed(1)} s of CPU time`, data: Buffer.from(data) };
    } catch (error) {
      if (isFirekilnError(error)) return undefined;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { number, corpus, why, data: Buffer.from(data) };
    } finally {
      undo();
    }
  }
}

type Allocate = (size: number, ...fill: never[]) => Buffer;

/** Makes buffers above the limit an error as long as `run` runs. */
async function withLimitedBuffers(run: () => Promise<void>): Promise<void> {
  const makers = Buffer as unknown as Record<'alloc' | 'allocUnsafe' | 'allocUnsafeSlow', Allocate>;
  const { alloc, allocUnsafe, allocUnsafeSlow } = makers;
  const limited =
    (make: Allocate): Allocate =>
    (size, ...fill) => {
      if (size > maxBuffer) throw new Error(`a buffer of ${size} bytes was asked for`);
      return make(size, ...fill);
    };
  makers.alloc = limited(alloc);
  makers.allocUnsafe = limited(allocUnsafe);
  makers.allocUnsafeSlow = limited(allocUnsafeSlow);
  try {
    await run();
  } finally {
    Object.assign(makers, { alloc, allocUnsafe, allocUnsafeSlow });
  }
}
