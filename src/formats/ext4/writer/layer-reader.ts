import { type RandomAccess, readAlignment } from '../../io/random-access.ts';

/** Bytes read ahead: the data of files lies one behind the other. */
const windowSize = 1 << 20;

/** Copies data of layers; where it is asked for in the order of the layers, everything is read once. */
export class LayerReader {
  readonly #layers: readonly { readonly data: RandomAccess }[];
  readonly #window = Buffer.allocUnsafeSlow(windowSize);
  #layer = -1;
  #start = 0;
  #end = 0;

  constructor(layers: readonly { readonly data: RandomAccess }[]) {
    this.#layers = layers;
  }

  /** Throws a plain error if the layer ends before: its index promised the bytes. */
  copy(layer: number, position: number, length: number, target: Buffer, at: number): void {
    const end = position + length;
    for (let from = position; from < end; ) {
      const to = at + from - position;
      if (layer === this.#layer && from >= this.#start && from < this.#end) {
        const until = Math.min(end, this.#end);
        this.#window.copy(target, to, from - this.#start, until - this.#start);
        from = until;
        continue;
      }
      const behind = from % readAlignment;
      const whole = end - from - ((end - from) % readAlignment);
      if (behind === 0 && whole > 0) {
        this.#fill(layer, from, target.subarray(to, to + whole));
        from += whole;
      } else this.#moveWindow(layer, from - behind, from);
    }
  }

  /** Reads ahead from `start` on, so that the byte at `wanted` is there. */
  #moveWindow(layer: number, start: number, wanted: number): void {
    const length = Math.min(windowSize, this.#dataOf(layer).size - start);
    if (start + length <= wanted) throw endsBefore(layer, wanted);
    this.#layer = -1;
    this.#fill(layer, start, this.#window.subarray(0, length));
    this.#layer = layer;
    this.#start = start;
    this.#end = start + length;
  }

  #fill(layer: number, position: number, target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      const got = this.#dataOf(layer).read(done === 0 ? target : target.subarray(done), position + done);
      if (got === 0) throw endsBefore(layer, position + target.length);
      done += got;
    }
  }

  #dataOf(layer: number): RandomAccess {
    const found = this.#layers[layer];
    if (found === undefined) throw new Error(`a tree names layer ${layer} of ${this.#layers.length}`);
    return found.data;
  }
}

function endsBefore(layer: number, position: number): Error {
  return new Error(`layer ${layer} ends before byte ${position}`);
}
