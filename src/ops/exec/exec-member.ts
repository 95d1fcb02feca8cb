import type { ExecNode, MountSpec } from '../../graph/node.ts';
import { emptyChain, type VertexName } from '../chain.ts';
import type { Chain } from '../environment.ts';

/** A step with the solved chains that its mounts come from. */
export interface ExecMemberInput {
  readonly vertex: VertexName;
  readonly node: ExecNode;
  /** Of the mounts that have one, in their order: the inputs behind the base. */
  readonly mounted: readonly Chain[];
}

/** The mounts of a step, each with the chain that it comes from. */
export function mountsOf(
  member: ExecMemberInput,
): readonly { readonly mount: MountSpec; readonly chain: Chain | undefined }[] {
  let next = 0;
  return member.node.mounts.map((mount) => {
    const hasChain = 'from' in mount && mount.from !== undefined;
    return { mount, chain: hasChain ? (member.mounted[next++] ?? emptyChain) : undefined };
  });
}
