import type { NodeInfo } from '../../graph/node.ts';
import type { Place } from '../instructions/place.ts';

/** What a node says of where it comes from. */
export function infoOfPlace({ range, trigger }: Place): Pick<NodeInfo, 'startLine' | 'endLine' | 'trigger'> {
  const { startLine, endLine } = range;
  return { startLine, endLine, ...(trigger === undefined ? {} : { trigger }) };
}
