import { type ByteString, emptyByteString, sliceBytes } from '../../base/byte-string.ts';
import { decide, decideAbove, type Outcome } from './outcome.ts';
import type { LayerIndex } from './tree.ts';
import { parentPath } from './tree-path.ts';

/** Folders of a chain whose outcome is remembered: more than a path of 4,095 bytes can lead through. */
const rememberedFolders = 4096;
/** Chains whose folders are remembered. */
const rememberedChains = 16;

/** A chain of layers by what they are, not by the layers: those may have been closed, and take memory. */
interface Remembered {
  readonly chain: readonly unknown[];
  readonly folders: Map<ByteString, Outcome>;
}

/** The latest last. */
const remembered: Remembered[] = [];

/**
 * What a chain of layers makes of single paths. What is known of folders is used again, also for the chain with one layer
 * more: a build lays layer over layer, and each step looks at the same folders.
 */
export function floorsOf(layers: readonly LayerIndex[]): FolderFloors {
  const chain = layers.map((layer) => layer.diffId ?? layer);
  const at = remembered.findIndex((one) => isStartOf(one.chain, chain, chain.length));
  const [same] = at === -1 ? [] : remembered.splice(at, 1);
  const below = remembered.find((one) => isStartOf(one.chain, chain, chain.length - 1));
  const folders = same?.folders ?? new Map<ByteString, Outcome>();
  remembered.push({ chain, folders });
  if (remembered.length > rememberedChains) remembered.shift();
  return new FolderFloors(layers, folders, below?.folders ?? new Map());
}

function isStartOf(start: readonly unknown[], chain: readonly unknown[], count: number): boolean {
  if (start.length !== count) return false;
  // From the top down, where chains differ first.
  for (let at = count - 1; at >= 0; at--) if (start[at] !== chain[at]) return false;
  return true;
}

export class FolderFloors {
  readonly #layers: readonly LayerIndex[];
  readonly #known: Map<ByteString, Outcome>;
  readonly #below: ReadonlyMap<ByteString, Outcome>;

  /**
   * @param known Folders of the chain, which grow.
   * @param below What is known of folders of the chain without its topmost layer.
   */
  constructor(layers: readonly LayerIndex[], known: Map<ByteString, Outcome>, below: ReadonlyMap<ByteString, Outcome>) {
    this.#layers = layers;
    this.#known = known;
    this.#below = below;
  }

  /** Undefined if the path, or a folder on the way to it, is not there. */
  outcome(path: ByteString): Outcome | undefined {
    if (path === '') return this.#at(emptyByteString, 0);
    const parent = this.#parent(parentPath(path));
    if (parent === undefined) return undefined;
    return this.#at(path, parent.floor);
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
    known ??= this.#at(emptyByteString, 0);
    while (known?.type === 'folder' && end < path.length) {
      const slash = path.indexOf('/', end === 0 ? 0 : end + 1);
      end = slash === -1 ? path.length : slash;
      known = this.#at(sliceBytes(path, 0, end), known.floor);
    }
    return known?.type === 'folder' ? known : undefined;
  }

  /** @param floor That of the folder around the path. */
  #at(path: ByteString, floor: number): Outcome {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const decided = this.#decide(path, floor);
    const outcome: Outcome =
      path === '' && decided.type === 'nothing' ? { ...decided, type: 'folder', inherits: true } : decided;
    if (outcome.type === 'folder') {
      if (this.#known.size >= rememberedFolders) this.#known.clear();
      this.#known.set(path, outcome);
    }
    return outcome;
  }

  #decide(path: ByteString, floor: number): Outcome {
    const top = this.#layers.length - 1;
    // Where the topmost layer hides what is below, or is the only one, it alone is asked anyway.
    const below = path === '' || floor >= top ? undefined : this.#below.get(path);
    if (below !== undefined) return decideAbove(this.#layers[top]?.candidate(path), top, below);
    return decide((layer) => this.#layers[layer]?.candidate(path), floor, this.#layers.length);
  }
}
