import type { ByteString } from '../../base/byte-string.ts';
import type { LayerEntry } from './entry.ts';
import type { LayerIndex } from './tree.ts';
import { compareTreeOrder } from './tree-order.ts';

/** Entries that are read one by one before a jump is cheaper. */
const stepsBeforeJump = 48;

/** A place in the entries of one layer. */
export class LayerCursor {
  /** The layer's place in its chain. */
  readonly layer: number;
  readonly #index: LayerIndex;
  #entries: Iterator<LayerEntry>;
  current: LayerEntry | undefined;

  constructor(layer: number, index: LayerIndex, from: ByteString) {
    this.layer = layer;
    this.#index = index;
    this.#entries = index.entries(from);
    this.advance();
  }

  advance(): void {
    const next = this.#entries.next();
    this.current = next.done === true ? undefined : next.value;
  }

  /** Goes to the first entry that is not before `path`. */
  skipTo(path: ByteString): void {
    for (let steps = 0; this.current !== undefined; steps++) {
      if (compareTreeOrder(this.current.path, path) >= 0) return;
      if (steps === stepsBeforeJump) {
        this.#entries.return?.();
        this.#entries = this.#index.entries(path);
      }
      this.advance();
    }
  }
}
