import type { Random } from './random.ts';
import type { CorpusEntry } from './target.ts';

/** Puts pieces of a language into a text: bytes alone seldom make what its readers get further with. */
function withFragments(data: Buffer, random: Random, fragments: readonly string[]): Buffer {
  let text = data;
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(text.length + 1);
    const taken = random.oneIn(3) ? random.below(8) : 0;
    text = Buffer.concat([text.subarray(0, at), Buffer.from(random.pick(fragments)), text.subarray(at + taken)]);
  }
  return text;
}

/** A corpus of texts, into which pieces of their language are put besides other changes. */
export function textCorpus(seeds: readonly string[], fragments: readonly string[]): ReadonlyMap<string, CorpusEntry> {
  return new Map(
    seeds.map((text, at) => [
      `${at}`,
      { data: Buffer.from(text), mend: (data: Buffer, random: Random) => withFragments(data, random, fragments) },
    ]),
  );
}
