import { toLower } from '../text/letter-case.ts';
import type { ResolvedStage } from './check-bases.ts';

/** A stage and those that it needs: its base, what it copies from and what it mounts. */
export function reachableStages(stages: readonly ResolvedStage[], target: ResolvedStage): ReadonlySet<ResolvedStage> {
  const reached = new Set([target]);
  // The last of a name counts.
  const byName = new Map(stages.map((it) => [it.stage.name, it]));
  for (const { parent, stage } of reached) {
    if (parent !== undefined) reached.add(parent);
    for (const name of stage.instructions.flatMap(sourcesOf)) {
      const source = byName.get(toLower(name)) ?? (/^[+-]?[0-9]+$/.test(name) ? stages[Number(name)] : undefined);
      if (source !== undefined) reached.add(source);
    }
  }
  return reached;
}

function sourcesOf(instruction: ResolvedStage['stage']['instructions'][number]): string[] {
  if (instruction.kind === 'copy' && instruction.from !== undefined) return [instruction.from];
  if (instruction.kind !== 'run') return [];
  return instruction.mountFlags.flatMap(({ from }) => from ?? []);
}
