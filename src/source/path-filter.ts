import type { ByteString } from '../base/byte-string.ts';

/** Decides on the paths of a tree, asked for a folder always before what is in it. */
export interface PathFilter {
  /** `state` is what the call for the path's folder gave; undefined at the top. */
  match(path: ByteString, state: unknown): { readonly matches: boolean; readonly state: unknown };
  /** A path below one that does match may not match: `!` patterns. */
  readonly hasExceptions: boolean;
}
