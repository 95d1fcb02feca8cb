import type { NodeInfo } from '../../graph/node.ts';

/** Sources in the user's words, for errors: only where these have more to say than of a plain path. */
export function writtenSources(sources: readonly string[]): Pick<NodeInfo, 'sources'> {
  return sources.some((source) => source.startsWith('/') || source.includes('..')) ? { sources } : {};
}
