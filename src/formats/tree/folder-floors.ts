import { type ByteString, emptyByteString, sliceBytes } from '../../base/byte-string.ts';
import { decide, type Outcome } from './outcome.ts';
import type { LayerIndex } from './tree.ts';
import { parentPath } from './tree-path.ts';

/** Folders whose outcome is remembered. */
const rememberedFolders = 512;

/** Answers what a chain of layers makes of single paths. */
export class FolderFloors {
  readonly #layers: readonly LayerIndex[];
  readonly #known = new Map<ByteString, Outcome>();

  constructor(layers: readonly LayerIndex[]) {
    this.#layers = layers;
  }

  /** Undefined if the path, or a folder on the way to it, is not there. */
  outcome(path: ByteString): Outcome | undefined {
    if (path === '') return this.#folder(emptyByteString, 0);
    const parent = this.#parent(parentPath(path));
    if (parent === undefined) return undefined;
    return this.#decide(path, parent.floor);
  }

  /** The outcome of a path that is a folder. */
  #parent(path: ByteString): Outcome | undefined {
    let known = this.#known.get(path);
    // Up to the nearest folder that is known, then down again: paths may be a thousand folders deep.
    let end = path.length;
    while (known === undefined && end > 0) {
      end = Math.max(0, path.lastIndexOf('/', end - 1));
      known = this.#known.get(sliceBytes(path, 0, end));
    }
    known ??= this.#folder(emptyByteString, 0);
    while (known !== undefined && end < path.length) {
      const slash = path.indexOf('/', end === 0 ? 0 : end + 1);
      end = slash === -1 ? path.length : slash;
      known = this.#folder(sliceBytes(path, 0, end), known.floor);
    }
    return known;
  }

  #folder(path: ByteString, floor: number): Outcome | undefined {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const decided = this.#decide(path, floor);
    const outcome: Outcome =
      path === '' && decided.type === 'nothing' ? { ...decided, type: 'folder', inherits: true } : decided;
    if (outcome.type !== 'folder') return undefined;
    if (this.#known.size >= rememberedFolders) this.#known.clear();
    this.#known.set(path, outcome);
    return outcome;
  }

  #decide(path: ByteString, floor: number): Outcome {
    return decide((layer) => this.#layers[layer]?.candidate(path), floor, this.#layers.length);
  }
}
