import type { Random } from './random.ts';

/** Puts pieces of a language into a text: bytes alone seldom make what its readers get further with. */
export function withFragments(data: Buffer, random: Random, fragments: readonly string[]): Buffer {
  let text = data;
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(text.length + 1);
    const taken = random.oneIn(3) ? random.below(8) : 0;
    text = Buffer.concat([text.subarray(0, at), Buffer.from(random.pick(fragments)), text.subarray(at + taken)]);
  }
  return text;
}
