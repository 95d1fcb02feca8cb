import type { RandomAccess } from '../../io/random-access.ts';

/** Bytes read ahead for small files: their data lies one behind the other. */
const windowSize = 1 << 20;

/** Pieces of at least this size are read straight to where they belong. */
const directSize = 64 << 10;

/** Copies data of layers; fast where it is asked for in the order of the layers. */
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
    if (length >= directSize) {
      this.#fill(layer, position, target.subarray(at, at + length), length);
      return;
    }
    if (layer !== this.#layer || position < this.#start || position + length > this.#end) {
      const size = this.#dataOf(layer).size;
      const wanted = Math.max(Math.min(windowSize, size - position), length);
      this.#layer = -1;
      this.#fill(layer, position, this.#window.subarray(0, wanted), wanted);
      this.#layer = layer;
      this.#start = position;
      this.#end = position + wanted;
    }
    const from = position - this.#start;
    this.#window.copy(target, at, from, from + length);
  }

  #fill(layer: number, position: number, target: Uint8Array, length: number): void {
    let done = 0;
    while (done < length) {
      const got = this.#dataOf(layer).read(done === 0 ? target : target.subarray(done), position + done);
      if (got === 0) throw new Error(`layer ${layer} ends before byte ${position + length}`);
      done += got;
    }
  }

  #dataOf(layer: number): RandomAccess {
    const found = this.#layers[layer];
    if (found === undefined) throw new Error(`a tree names layer ${layer} of ${this.#layers.length}`);
    return found.data;
  }
}
