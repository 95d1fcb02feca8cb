import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { ExecMount, ExecSegment } from '../../executor/executor.ts';
import type { MountSpec } from '../../graph/node.ts';
import type { Chain, OpsEnvironment } from '../environment.ts';
import type { CacheMounts } from './cache-mounts.ts';
import { type ExecMemberInput, mountsOf } from './exec-member.ts';

export interface MountContext {
  readonly environment: OpsEnvironment;
  readonly caches: CacheMounts;
  readonly segments: (chain: Chain) => Promise<readonly ExecSegment[]>;
}

/** The mounts of a step as the executor takes them; optional secrets and agents that were not given are left out. */
export async function execMounts(member: ExecMemberInput, context: MountContext): Promise<ExecMount[]> {
  const mounts: ExecMount[] = [];
  for (const { mount, chain } of mountsOf(member)) {
    const made = await execMount(mount, chain, context);
    if (made !== undefined) mounts.push(made);
  }
  return mounts;
}

async function execMount(
  mount: MountSpec,
  chain: Chain | undefined,
  { environment, caches, segments }: MountContext,
): Promise<ExecMount | undefined> {
  switch (mount.type) {
    case 'bind': {
      const { target, source, readOnly } = mount;
      if (chain === undefined) throw new Error('a bind mount without a source');
      return { type: 'bind', target, source, segments: await segments(chain), writable: !readOnly };
    }
    case 'cache': {
      const { target, readOnly, source, made } = mount;
      const from = chain === undefined ? [] : await segments(chain);
      const imagePath = caches.pathOf(mount, chain);
      return { type: 'cache', target, imagePath, readOnly, source, from, ...(made === undefined ? {} : { made }) };
    }
    case 'tmpfs':
      return mount;
    case 'secret': {
      const { id, required, ...rest } = mount;
      const data = await environment.secret(id);
      if (data !== undefined) return { ...rest, data };
      if (required) throw missing(`the secret ${id}`, `--secret id=${id},src=FILE`);
      if (rest.env === undefined) return undefined;
      // The variable is set all the same, as with BuildKit.
      const { target: _no, ...variable } = rest;
      return { ...variable, data: new Uint8Array() };
    }
    case 'ssh': {
      const { id, required, ...rest } = mount;
      const agentSocket = await environment.sshAgent(id);
      if (agentSocket !== undefined) return { ...rest, agentSocket };
      if (required) throw missing(`the SSH agent ${id}`, `--ssh ${id}`);
      return undefined;
    }
  }
}

function missing(what: string, flag: string): FirekilnError {
  return new FirekilnError('SECRET_MISSING', `the step requires ${what}, which was not given`, {
    hint: `Pass it with ${flag}.`,
  });
}
