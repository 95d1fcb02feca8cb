import { digestOfValue } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { cacheMountId } from './cache-mount-id.ts';
import { type ExecMemberInput, mountsOf } from './exec-member.ts';

/** Steps that run in one VM. */
export interface StepGroup {
  readonly members: readonly ExecMemberInput[];
  /** How many segments the parent chain, and each chain that is mounted, may have. */
  readonly baseSegments: number;
  readonly mountSegments: number;
}

/** A base in one piece would be written anew for each layer that is added to it. */
const wantedBaseSegments = 4;
const wantedMountSegments = 2;

/**
 * Cuts a run of steps where one VM has no place for the drives that they need: those of the parent chain, of the chains
 * that are mounted and of cache mounts. Throws LIMIT_EXCEEDED for a single step that needs too many.
 */
export function splitSteps(members: readonly ExecMemberInput[], maxDrives: number): StepGroup[] {
  const groups: StepGroup[] = [];
  let open: ExecMemberInput[] = [];
  for (const member of members) {
    if (open.length > 0 && !fits([...open, member], maxDrives)) {
      groups.push(groupOf(open, maxDrives));
      open = [];
    }
    open.push(member);
  }
  if (open.length > 0) groups.push(groupOf(open, maxDrives));
  return groups;
}

function fits(members: readonly ExecMemberInput[], maxDrives: number): boolean {
  const { chains, caches } = needsOf(members);
  return chains * wantedMountSegments + caches + wantedBaseSegments <= maxDrives;
}

function groupOf(members: readonly ExecMemberInput[], maxDrives: number): StepGroup {
  const { chains, caches } = needsOf(members);
  const mountSegments = fits(members, maxDrives) ? wantedMountSegments : 1;
  const baseSegments = maxDrives - caches - chains * mountSegments;
  if (baseSegments < 1) {
    throw new FirekilnError(
      'LIMIT_EXCEEDED',
      `the step mounts ${chains} file systems and ${caches} caches; a VM has ${maxDrives} drives for them and its root`,
    );
  }
  return { members, baseSegments, mountSegments };
}

function needsOf(members: readonly ExecMemberInput[]): { readonly chains: number; readonly caches: number } {
  const chains = new Set<string>();
  const caches = new Set<string>();
  for (const { mount, chain } of members.flatMap(mountsOf)) {
    if (chain !== undefined) chains.add(digestOfValue(chain.layers));
    if (mount.type === 'cache') caches.add(cacheMountId(mount, chain));
  }
  return { chains: chains.size, caches: caches.size };
}
