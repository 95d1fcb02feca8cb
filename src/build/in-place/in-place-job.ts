import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Plan } from '../../frontend/plan/plan.ts';
import type { NodeId } from '../../graph/node.ts';
import type { Bases } from '../bases.ts';
import type { BuildServices } from '../build-services.ts';
import type { BuildInputs } from '../inputs.ts';
import { atStep } from '../place-of-step.ts';
import { findStages, type InPlaceStage } from './find-stages.ts';
import type { InPlaceRequest } from './in-place-request.ts';
import { type Installer, readInstaller } from './installer.ts';
import { refuseSteps } from './refuse-steps.ts';

/** What is to be done in place, once it is known that it can be. */
export interface InPlaceJob {
  readonly stages: ReadonlyMap<NodeId, InPlaceStage>;
  readonly installer: Installer | undefined;
}

/**
 * Looks at everything that can be found wrong before something is built: the target, the service installer, the key, the
 * kernel. Throws IN_PLACE_UNSUPPORTED at the FROM of the target, USAGE, SSH_REFUSED, KERNEL_UNUSABLE.
 */
export async function planInPlace(
  request: InPlaceRequest,
  { plan, bases, inputs, services }: PlannedBuild,
): Promise<InPlaceJob> {
  const stages = findStages(plan.graph, (node) => bases.of(node).origin === 'base-store');
  if (!stages.has(plan.graph.target)) {
    const flag = stages.size === 0 ? '--machine-ssh-user' : flagForTarget(request);
    if (flag !== undefined) {
      throw new FirekilnError(
        'IN_PLACE_UNSUPPORTED',
        `${flag} has no effect: the target starts from no image, so there is nothing that boots`,
        {
          source: { ...inputs.dockerfile, ranges: [plan.from] },
          hint: `Start it from a base OS image, name another stage with --target, or leave ${flag} out.`,
        },
      );
    }
  }
  for (const { base } of stages.values()) {
    if (request.partuuid === undefined || bases.of(base.node).origin === 'base-store') continue;
    throw atStep(
      new FirekilnError(
        'IN_PLACE_UNSUPPORTED',
        `--machine-root-drive-partuuid: ${base.node.reference} is no disk of the base store, and has no partitions`,
        { hint: 'Leave the flag out, or start from a base of --machine-rootfs-base.' },
      ),
      base.id,
      plan,
    );
  }
  refuseSteps(stages.values(), (error, step) => atStep(error, step, plan));
  const installer = request.installer === undefined ? undefined : await readInstaller(request.installer);
  await services.checkInPlace(request);
  return { stages, installer };
}

interface PlannedBuild {
  readonly plan: Plan;
  readonly bases: Bases;
  readonly inputs: BuildInputs;
  readonly services: BuildServices;
}

/** A flag that says something of the target only. */
function flagForTarget({ installer, postBuildCommands }: InPlaceRequest): string | undefined {
  if (installer !== undefined) return '--service-file-installer';
  return postBuildCommands.length > 0 ? '--post-build-command' : undefined;
}
