import { aboutWords } from '../../base/errors/firekiln-error.ts';
import type { CopyMode, NodeInfo } from '../../graph/node.ts';
import { isNumericOwner } from '../../graph/owner-id.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import { copyBase } from './copy-base.ts';
import { readCopyMode } from './copy-mode.ts';
import { refuseBadChecksum } from './copy-remote.ts';
import { copySource } from './copy-source.ts';
import { addHistory } from './history.ts';
import { joinDestination } from './image-path.ts';
import { infoOfPlace } from './info-of-place.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { wholeFile } from './source-parts.ts';
import type { PlannedInstruction, StageState } from './stage-state.ts';
import { nextStepName, shownInstruction } from './step-name.ts';
import { writtenSources } from './written-sources.ts';

type CopyLike = AddInstruction | CopyInstruction;

/** COPY and ADD: one file node with an action per source, or with `--link` a layer of its own merged over the base. */
export function planCopy(
  context: PlannerContext,
  stage: StageState,
  instruction: CopyLike,
  planned: PlannedInstruction,
): void {
  const { request, graph } = context;
  const written = 'sources' in planned.instruction ? planned.instruction.sources : [];
  const from = copyBase(context, stage, instruction, planned);
  context.excludes.take(instruction.exclude.reduce((sum, { length }) => sum + length, 0));
  if (instruction.link) refuseNames(instruction);
  const mode = instruction.chmod === undefined ? {} : { mode: copyMode(instruction.chmod) };
  refuseBadChecksum(instruction);
  const shown = shownInstruction(context, instruction.text, stage.env, { keepQuotes: false });
  const info: NodeInfo = {
    name: nextStepName(stage, shown, instruction.trigger),
    ...infoOfPlace(instruction),
    ignoreCache: stage.ignoreCache,
    ...writtenSources(instruction.sources),
  };
  const shared = {
    action: 'copy' as const,
    destination: joinDestination(stage.cwd, instruction.destination),
    ...(instruction.chown === undefined ? {} : { owner: instruction.chown }),
    ...mode,
    exclude: instruction.exclude,
  };
  const actions = [
    ...instruction.sources.map((source, at) => ({
      ...shared,
      ...aboutWords([written[at] ?? source], () =>
        copySource(context, instruction, source, from, planned.sources, info),
      ),
    })),
    ...instruction.inlineSources.map((source) => ({
      ...shared,
      ...wholeFile({ type: 'inline', name: source.name, data: source.data }, source.name),
    })),
  ];
  if (stage.node === undefined) throw new Error('COPY of a stage that was not started');
  if (instruction.link && instruction.chmod === undefined) {
    const scratch = graph.add({ kind: 'scratch' }, { name: 'scratch' });
    const upper = graph.add({ kind: 'file', base: scratch, actions }, info);
    stage.node = graph.add(
      { kind: 'merge', base: stage.node, upper },
      { ...info, name: info.name.replace(/^(\[[^\]]*\] )?/, '$1LINK ') },
    );
  } else stage.node = graph.add({ kind: 'file', base: stage.node, actions }, info);
  addHistory(context, stage, historyOf(instruction), 'step');
  if (request.signal?.aborted) throw request.signal.reason;
}

function copyMode(text: string): CopyMode {
  return aboutWords(['--chmod', text], () => readCopyMode(text));
}

function refuseNames({ chown }: CopyLike): void {
  if (chown === undefined || isNumericOwner(chown)) return;
  throw planFault(`--chown=${chown}: names can not be looked up with --link`, {
    about: ['--chown', chown],
    hint: 'Write uid:gid as numbers, or leave --link out.',
  });
}

function historyOf(instruction: CopyLike): string {
  const flags = [
    ...(instruction.kind === 'copy' && instruction.parents ? ['--parents'] : []),
    ...(instruction.chown === undefined ? [] : [`--chown=${instruction.chown}`]),
    ...(instruction.chmod === undefined ? [] : [`--chmod=${instruction.chmod}`]),
  ];
  const inline = instruction.inlineSources.map(({ name }) => `<<${name}`);
  return [instruction.kind.toUpperCase(), ...flags, ...instruction.sources, ...inline, instruction.destination].join(
    ' ',
  );
}
