import type { ByteString } from '../base/byte-string.ts';
import type { Digest } from '../base/digest.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { LayerEntry } from '../formats/tree/entry.ts';
import type { Candidate } from '../formats/tree/outcome.ts';
import type { LayerIndex } from '../formats/tree/tree.ts';

/**
 * An index that is made again when it is found damaged, also in the middle of a walk: the same layer gives the same
 * index, so the walk goes on where it was.
 */
export class HealingIndex implements LayerIndex {
  readonly diffId: Digest;
  #index: LayerIndex;
  #remake: (() => LayerIndex) | undefined;

  constructor(diffId: Digest, index: LayerIndex, remake: () => LayerIndex) {
    this.diffId = diffId;
    this.#index = index;
    this.#remake = remake;
  }

  get entryCount(): number {
    return this.#index.entryCount;
  }

  get inodeCount(): number {
    return this.#index.inodeCount;
  }

  get dataSize(): number {
    return this.#index.dataSize;
  }

  lookup(path: ByteString): LayerEntry | undefined {
    try {
      return this.#index.lookup(path);
    } catch (error) {
      this.#heal(error);
      return this.#index.lookup(path);
    }
  }

  candidate(path: ByteString): Candidate {
    try {
      return this.#index.candidate(path);
    } catch (error) {
      this.#heal(error);
      return this.#index.candidate(path);
    }
  }

  *entries(from?: ByteString): IterableIterator<LayerEntry> {
    let last: ByteString | undefined;
    try {
      for (const entry of this.#index.entries(from)) {
        last = entry.path;
        yield entry;
      }
      return;
    } catch (error) {
      this.#heal(error);
    }
    for (const entry of this.#index.entries(last ?? from)) if (entry.path !== last) yield entry;
  }

  /** Once: what was just made can't be damaged. */
  #heal(error: unknown): void {
    if (this.#remake === undefined || !isIndexDamage(error)) throw error;
    this.#index = this.#remake();
    this.#remake = undefined;
  }
}

/** True for errors after which an index is to be made again. */
export function isIndexDamage(error: unknown): boolean {
  return isFirekilnError(error, 'LAYER_INDEX_DAMAGED') || isFirekilnError(error, 'LAYER_INDEX_VERSION');
}
