import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { ExecNode, NodeId } from '../../graph/node.ts';
import type { InPlaceStage } from './find-stages.ts';

/** What a base's own system can't be asked for, and what to do instead. */
const unsupported: readonly {
  readonly what: string;
  readonly instead: string;
  readonly isIn: (step: ExecNode) => boolean;
}[] = [
  {
    what: 'RUN --mount=type=bind',
    instead: 'COPY what the step needs',
    isIn: ({ mounts }) => mounts.some(({ type }) => type === 'bind'),
  },
  {
    what: 'RUN --mount=type=cache with from',
    instead: 'COPY what the step needs',
    isIn: ({ mounts }) => mounts.some((mount) => mount.type === 'cache' && mount.from !== undefined),
  },
  {
    what: '--add-host',
    instead: 'Write to /etc/hosts with a --pre-build-command',
    isIn: ({ extraHosts }) => extraHosts.length > 0,
  },
  {
    what: '--shm-size',
    instead: 'Give the VM more memory with --memory',
    isIn: ({ shmSize }) => shmSize !== undefined,
  },
];

/** Throws IN_PLACE_UNSUPPORTED for the first step that can not be done in place; `placed` gives the error its line. */
export function refuseSteps(
  stages: Iterable<InPlaceStage>,
  placed: (error: FirekilnError, step: NodeId) => FirekilnError,
): void {
  for (const { steps } of stages) {
    for (const { id, node } of steps) {
      if (node.kind !== 'exec') continue;
      const found = unsupported.find(({ isIn }) => isIn(node));
      if (found === undefined) continue;
      const { what, instead } = found;
      const hint = `${instead}, or build without --machine-ssh-user.`;
      throw placed(new FirekilnError('IN_PLACE_UNSUPPORTED', `${what} can not be done in place`, { hint }), id);
    }
  }
}
