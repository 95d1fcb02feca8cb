import type { RandomAccess } from '../../../io/random-access.ts';
import { journalMagic } from '../../layout/journal.ts';
import type { ReplacedBlock } from './replay.ts';

/** The image as it is after the journal's replay; the image itself stays as it is. */
export function replayedImage(
  image: RandomAccess,
  blockSize: number,
  replaced: ReadonlyMap<number, ReplacedBlock>,
): RandomAccess {
  if (replaced.size === 0) return image;
  const numbers = Float64Array.from(replaced.keys()).sort();
  return {
    size: image.size,
    read(target, position) {
      let done = 0;
      let index = firstAtOrAfter(numbers, Math.floor(position / blockSize));
      while (done < target.length) {
        const at = position + done;
        const block = Math.floor(at / blockSize);
        while (index < numbers.length && (numbers[index] as number) < block) index++;
        const next = numbers[index];
        const source = next === block ? replaced.get(block) : undefined;
        const end = source === undefined && next !== undefined ? next * blockSize : undefined;
        const wanted = source === undefined ? (end ?? Infinity) - at : (block + 1) * blockSize - at;
        const part = target.subarray(done, done + Math.min(wanted, target.length - done));
        const got = readPart(image, blockSize, at, part, source);
        done += got;
        if (got < part.length) break;
      }
      return done;
    },
  };
}

function readPart(
  image: RandomAccess,
  blockSize: number,
  at: number,
  part: Uint8Array,
  replaced: ReplacedBlock | undefined,
): number {
  if (replaced === undefined) return image.read(part, at);
  const inBlock = at % blockSize;
  const got = image.read(part, replaced.source * blockSize + inBlock);
  if (replaced.isEscaped) {
    for (let i = 0; i < got && inBlock + i < 4; i++) part[i] = (journalMagic >>> (24 - 8 * (inBlock + i))) & 0xff;
  }
  return got;
}

function firstAtOrAfter(numbers: Float64Array, wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
