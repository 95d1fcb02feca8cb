import { throwIfAborted } from '../../base/abort.ts';
import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { encodeTarHeader, paddingOf, type TarEntry } from './encode-header.ts';

export type TarContent = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface TarInput {
  readonly entry: TarEntry;
  /** Of a file that is not empty: its data, as much as the entry's `size` says. */
  readonly content?: TarContent;
}

const chunkBytes = 256 * 1024;

/**
 * An archive in chunks of 256 KiB: the same entries give the same bytes. What a file's content yields may be used again
 * by its producer; the chunks are the caller's. Throws TAR_INPUT_CHANGED where a content is shorter or longer than its
 * entry says, ABORTED, and what contents throw.
 */
export async function* writeTar(
  inputs: Iterable<TarInput>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const out = new ChunkFiller();
  for (const { entry, content } of inputs) {
    throwIfAborted(signal, 'writing an archive');
    for (const chunk of out.add(encodeTarHeader(entry))) yield chunk;
    const size = entry.kind === 'file' ? entry.size : 0;
    if (size === 0) continue;
    let written = 0;
    const count = (piece: Uint8Array) => {
      throwIfAborted(signal, 'writing an archive');
      written += piece.length;
      if (written > size) throw changed(entry.path, `it has more than the ${size} bytes that it had`);
      return piece;
    };
    if (content !== undefined && Symbol.iterator in content) {
      for (const piece of content) for (const chunk of out.add(count(piece))) yield chunk;
    } else if (content !== undefined) {
      for await (const piece of content) for (const chunk of out.add(count(piece))) yield chunk;
    }
    if (written < size) throw changed(entry.path, `it has ${written} of the ${size} bytes that it had`);
    for (const chunk of out.add(zeros.subarray(0, paddingOf(size)))) yield chunk;
  }
  for (const chunk of out.add(zeros)) yield chunk;
  const last = out.take();
  if (last.length > 0) yield last;
}

/** Two blocks of zeros end an archive. */
const zeros = Buffer.alloc(1024);

function changed(path: ByteString, what: string): FirekilnError {
  return new FirekilnError('TAR_INPUT_CHANGED', `/${textOf(path)} changed while it was read: ${what}`);
}

class ChunkFiller {
  #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  #used = 0;

  /** The chunks that become full. */
  add(bytes: Uint8Array): readonly Uint8Array[] {
    if (bytes.length < chunkBytes - this.#used) {
      this.#chunk.set(bytes, this.#used);
      this.#used += bytes.length;
      return none;
    }
    const full: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + chunkBytes - this.#used);
      this.#chunk.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === chunkBytes) full.push(this.take());
    }
    return full;
  }

  take(): Uint8Array {
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = Buffer.allocUnsafeSlow(chunkBytes);
    this.#used = 0;
    return chunk;
  }
}

const none: readonly Uint8Array[] = [];
