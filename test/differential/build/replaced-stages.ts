import type { Stage } from '../../../src/frontend/instructions/dockerfile.ts';
import { readDockerfile } from '../../../src/frontend/instructions/read-dockerfile.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import type { BuildCase } from '../../support/build-corpus.ts';

/**
 * Whether a line is in a stage that only stages need which a named context stands for. BuildKit still plans what their
 * instructions copy from.
 */
export function isOnlyOfReplaced(line: number, it: BuildCase): boolean {
  if (Object.keys(it.namedContexts).length === 0) return false;
  const stages = stagesOf(it);
  const isReplaced = ({ name }: Stage) => name !== undefined && name in it.namedContexts;
  const blamed = stages.findLast(({ range }) => range.startLine <= line);
  const target = stages.find(({ name }) => name === it.target) ?? stages.at(-1);
  if (blamed === undefined || target === undefined) return false;
  const needed = (follows: (stage: Stage) => boolean) => {
    const found = new Set([target]);
    for (const stage of found) if (follows(stage)) for (const next of sourcesOf(stage, stages)) found.add(next);
    return found;
  };
  return needed(() => true).has(blamed) && !needed((stage) => !isReplaced(stage)).has(blamed);
}

/**
 * Whether a line is in a stage on a folder that later stages only copy from: BuildKit only brings what they copy, so that
 * the instructions between find less of it.
 */
export function isOnPartOfFolder(line: number, it: BuildCase): boolean {
  const stages = stagesOf(it);
  const blamed = stages.findLast(({ range }) => range.startLine <= line);
  const base = blamed?.base;
  return base !== undefined && Array.isArray(it.namedContexts[base]) && blamed !== stages.at(-1);
}

/** Whether the target is based on a stage with triggers that an image stands for: BuildKit runs them, here they are gone with it. */
export function hasTriggersOfReplaced(it: BuildCase): boolean {
  const stages = stagesOf(it);
  return stages.some(
    ({ name, instructions }) =>
      name !== undefined &&
      name in it.namedContexts &&
      instructions.some(({ kind }) => kind === 'onbuild') &&
      stages.some(({ base }) => base === name),
  );
}

function stagesOf({ dockerfile }: BuildCase): readonly Stage[] {
  return readDockerfile(parseDockerfile({ file: 'Dockerfile', text: dockerfile.toString() })).stages;
}

function sourcesOf({ base, instructions }: Stage, stages: readonly Stage[]): readonly Stage[] {
  const copied = instructions.flatMap((it) => (it.kind === 'copy' && it.from !== undefined ? [it.from] : []));
  return stages.filter(
    ({ name, index }) => base === name || copied.some((from) => from.toLowerCase() === name || from === String(index)),
  );
}
