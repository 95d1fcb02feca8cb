import type { Random } from './random.ts';

/** Values that break things, for fields of any width. */
const odd = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Inputs above this are changed in place and never moved: a copy of each would be most of the work. */
const largeBytes = 1 << 20;

export interface Mutated {
  readonly data: Buffer;
  /** Makes the input what it was, if it was changed in place. */
  readonly undo: () => void;
}

/** An input with a few things wrong. `hot` are places where a change is worth more. */
export function mutate(input: Buffer, random: Random, hot: readonly number[] = []): Mutated {
  if (input.length > largeBytes) return inPlace(input, random, hot);
  let data: Buffer = Buffer.from(input);
  for (let i = 1 + random.below(6); i > 0; i--) data = changed(data, random, hot);
  return { data, undo: () => {} };
}

function inPlace(data: Buffer, random: Random, hot: readonly number[]): Mutated {
  const before: { readonly at: number; readonly bytes: Buffer }[] = [];
  for (let i = 1 + random.below(6); i > 0; i--) {
    const at = placeIn(data, random, hot);
    before.unshift({ at, bytes: Buffer.from(data.subarray(at, at + 8)) });
    overwrite(data, at, random);
  }
  const undo = () => {
    for (const { at, bytes } of before) data.set(bytes, at);
  };
  return { data: random.oneIn(30) ? data.subarray(0, random.below(data.length)) : data, undo };
}

function changed(data: Buffer, random: Random, hot: readonly number[]): Buffer {
  if (data.length === 0) return Buffer.from([random.below(256)]);
  const at = placeIn(data, random, hot);
  const length = Math.min(data.length - at, 1 + random.below(random.oneIn(4) ? 2048 : 16));
  switch (random.below(10)) {
    case 0:
      return data.subarray(0, at);
    case 1:
      return Buffer.concat([data.subarray(0, at), data.subarray(at + length)]);
    case 2: {
      // A stretch of it a second time, or from elsewhere.
      const from = random.oneIn(2) ? at : random.below(data.length);
      return Buffer.concat([data.subarray(0, at), data.subarray(from, from + length), data.subarray(at)]);
    }
    case 3:
      data.copyWithin(at, random.below(data.length), Math.min(data.length, random.below(data.length) + length));
      return data;
    default:
      overwrite(data, at, random);
      return data;
  }
}

/** Changes at most 8 bytes. */
function overwrite(data: Buffer, at: number, random: Random): void {
  const room = data.length - at;
  switch (random.below(6)) {
    case 0:
      data[at] = (data[at] as number) ^ (1 << random.below(8));
      return;
    case 1:
      data[at] = random.below(256);
      return;
    case 2:
      if (room >= 2) data.writeUInt16LE(random.pick(odd) & 0xffff, at);
      return;
    case 3:
      if (room >= 4) data.writeUInt32LE(random.pick(odd), at);
      return;
    case 4:
      // A little more or less than what stood there.
      if (room >= 4) data.writeUInt32LE((data.readUInt32LE(at) + random.below(9) - 4) >>> 0, at);
      return;
    default:
      // Digits, as of numbers in text.
      data[at] = 0x30 + random.below(10);
  }
}

function placeIn(data: Buffer, random: Random, hot: readonly number[]): number {
  if (hot.length === 0 || random.oneIn(8)) return random.below(data.length);
  return Math.min(data.length - 1, random.pick(hot) + random.below(256));
}
