import type { Digest } from '../../base/digest.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { type EncodedIndex, encodeLayerIndex } from './index-encoder.ts';
import type { LayerNotes } from './layer-notes.ts';
import { type LayerOptions, LayerRules } from './layer-rules.ts';

const layerOptions: LayerOptions = { zeroDevices: 'refuse' };

/**
 * Indexes a layer while its tar passes by: `push` each chunk that is stored, `finish` after the last. Nothing of the
 * data is kept; about 150 bytes of memory per entry are until `finish`. Throws TAR_INVALID and LIMIT_EXCEEDED, naming
 * entry and offset, and is of no use afterwards.
 */
export class LayerIndexer {
  readonly #rules: LayerRules;
  readonly #reader: TarReader;
  #size = 0;

  constructor(options: Partial<LayerOptions> = {}) {
    const rules = new LayerRules({ ...layerOptions, ...options });
    this.#rules = rules;
    this.#reader = new TarReader((member) => rules.add(member));
  }

  /** Bytes of the tar so far. */
  get size(): number {
    return this.#size;
  }

  get notes(): Readonly<LayerNotes> {
    return this.#rules.notes;
  }

  push(chunk: Uint8Array): void {
    this.#size += chunk.length;
    this.#reader.push(chunk);
  }

  /**
   * The index file, to be written in order; each chunk is only valid until the next is asked for. `diffId` is the
   * digest of everything that was pushed.
   */
  finish(diffId: Digest): EncodedIndex {
    this.#reader.end();
    return encodeLayerIndex(this.#rules.draft, { blobSize: this.#size, diffId });
  }
}
