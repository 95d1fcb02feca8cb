import type { ByteString } from '../base/byte-string.ts';

/** Decides on the paths of a tree, asked for a folder always before what is in it. */
export interface PathFilter {
  /** `state` is what the call for the path's folder gave; undefined at the top. */
  match(path: ByteString, state: unknown): { readonly matches: boolean; readonly state: unknown };
  /** A path below one that does match may not match: `!` patterns. */
  readonly hasExceptions: boolean;
}

/** What a filter decides on one path, without what is above it having been asked for. */
export function isLeftOut(filter: PathFilter, path: ByteString): boolean {
  let decision: ReturnType<PathFilter['match']> = { matches: false, state: undefined };
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    decision = filter.match((end === -1 ? path : path.slice(0, end)) as ByteString, decision.state);
    if (end === -1 || (decision.matches && !filter.hasExceptions)) return decision.matches;
  }
}
