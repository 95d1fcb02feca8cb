import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { ExecNode, MountSpec } from '../../graph/node.ts';
import type { BatchKind, KeyParts, Op, OpContext } from '../../solver/op.ts';
import { epochPart } from '../build-time.ts';
import { emptyChain, type VertexName } from '../chain.ts';
import type { Chain, OpsEnvironment } from '../environment.ts';
import { contentDigest } from '../file/content-digest.ts';
import { contentParts } from '../file/content-parts.ts';
import { treePath } from '../file/paths.ts';
import { resolveInTree } from '../file/resolve.ts';
import { sourceMissing } from '../file/source-missing.ts';
import { treeSource } from '../file/tree-source.ts';
import { keyPart } from '../key-part.ts';
import { mountsOf } from './exec-member.ts';
import { runSteps } from './run-steps.ts';

/** The steps of one build, which may run in one VM one after the other. */
export function execBatch(
  environment: OpsEnvironment,
  stepOf: (id: string) => { readonly vertex: VertexName; readonly node: ExecNode },
): BatchKind<Chain> {
  return {
    kind: 'exec',
    execBatch: async (members, base, context) => {
      const inputs = members.map(({ vertex: { id }, otherInputs }) => ({ ...stepOf(id), mounted: otherInputs }));
      return await runSteps(inputs, base, environment, context);
    },
  };
}

/** `RUN`. Secrets, agents, proxies and the resources of the VM are no part of the key. */
export function execOp(
  node: ExecNode,
  vertex: VertexName,
  environment: OpsEnvironment,
  batch: BatchKind<Chain>,
): Op<Chain> {
  const { args, env, cwd, user, network, security, mounts, files, hostname, extraHosts, shmSize } = node;
  return {
    describe: async () => ({
      kind: 'exec',
      ...epochPart(environment),
      command: keyPart(args),
      environment: keyPart(env),
      'working directory': cwd,
      user,
      network,
      security,
      mounts: keyPart(mounts.map(keyOfMount)),
      files: keyPart(files),
      hostname,
      'extra hosts': keyPart(extraHosts),
      'size of /dev/shm': keyPart(shmSize ?? null),
    }),
    ...contentOf(node, vertex, environment),
    exec: async ([base = emptyChain, ...mounted], context) => {
      const outcome = await runSteps([{ vertex, node, mounted }], base, environment, {
        ...context,
        memberStarts: () => {},
      });
      const [result] = outcome.results;
      if (result === undefined) throw outcome.error;
      return result;
    },
    ...(environment.isolation === 'group' ? { batch } : {}),
  };
}

/** Inputs have keys of their own. Which cache a step has does not count, as with BuildKit, unless the target alone says it. */
function keyOfMount(mount: MountSpec): unknown {
  const known = 'from' in mount ? { ...mount, from: true } : mount;
  if (known.type !== 'cache') return known;
  const { id, sharing, ...rest } = known;
  const isDefault = sharing === 'shared' && (id === mount.target || id.endsWith(`/${mount.target}`));
  return isDefault ? known : rest;
}

/** What is mounted counts by the files that the step can see. */
function contentOf(node: ExecNode, vertex: VertexName, environment: OpsEnvironment): Pick<Op<Chain>, 'content'> {
  const withChain = node.mounts.filter((mount) => 'from' in mount && mount.from !== undefined);
  const inputs = withChain.flatMap(({ type }, i) => (type === 'bind' ? [i + 1] : []));
  if (inputs.length === 0) return {};
  const keyParts = async ([, ...mounted]: readonly Chain[], { signal }: OpContext): Promise<KeyParts> => {
    const parts: Record<string, string> = {};
    for (const { mount, chain } of mountsOf({ vertex, node, mounted })) {
      if (mount.type !== 'bind' || chain === undefined) continue;
      using open = await environment.openChain(chain.layers);
      const from = treeSource(mergeLayers(open.layers), 'what is mounted');
      const path = treePath(mount.source);
      const resolved = resolveInTree(path, { readLink: (at) => from.lookup(at)?.linkTarget, followLast: true });
      const source = from.lookup(resolved);
      if (source === undefined) {
        const fields = ['source', 'src'].flatMap((key) => [
          `${key}=${mount.source}`,
          `${key}=${mount.source.slice(1)}`,
        ]);
        throw sourceMissing(`the mount source ${mount.source}`, path, from).within(...fields);
      }
      const selected = [{ path, resolved, node: source }];
      const content = await contentDigest(from, selected, { include: undefined, exclude: undefined, signal });
      Object.assign(parts, contentParts(`mount ${mount.target}`, content));
    }
    return parts;
  };
  return { content: { inputs, keyParts } };
}
