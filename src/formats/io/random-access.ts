/**
 * Bytes that can be read at any place. Reads are synchronous: indexes and file systems are walked by millions of small
 * reads, where a promise each would cost more than the read itself. Implementations verify what they return where the
 * medium allows it.
 */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /**
   * Fills `target` from `position` on; returns the number of bytes, smaller than asked only at the end.
   * Throws if the medium fails.
   */
  read(target: Uint8Array, position: number): number;
}

/** A place to write at any position, such as an image file. What was never written reads as zeros. */
export interface PositionedSink {
  /** Writes all of `data` at `position`. */
  write(data: Uint8Array, position: number): void;
}

/** Reads that begin and end at multiples of so many bytes, or at the end, cost least: verified sources check whole ones. */
export const readAlignment = 64 * 1024;
