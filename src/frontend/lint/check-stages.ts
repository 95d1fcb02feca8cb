import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { Stage } from '../instructions/dockerfile.ts';
import { toLower, toUpper } from '../text/letter-case.ts';
import type { Linter } from './linter.ts';

const reservedNames: readonly string[] = ['context', 'scratch'];

/** What the names of the stages and the spelling of the keywords say together. */
export function checkStages(stages: readonly Stage[], linter: Linter): void {
  checkNames(stages, linter);
  checkCasing(stages, linter);
}

function checkNames(stages: readonly Stage[], linter: Linter): void {
  const seen = new Set<string>();
  for (const { name, range } of stages) {
    if (name === undefined) continue;
    const shown = JSON.stringify(name);
    if (reservedNames.includes(name)) {
      linter.report('ReservedStageName', range, `Stage name should not use the same name as reserved stage ${shown}`);
    }
    if (seen.has(name)) {
      linter.report('DuplicateStageName', range, `Duplicate stage name ${shown}, stage names should be unique`);
    }
    seen.add(name);
  }
}

function checkCasing(stages: readonly Stage[], linter: Linter): void {
  const keywords: { readonly keyword: string; readonly range: SourceRange }[] = stages.flatMap((stage) => [
    stage,
    ...stage.instructions,
  ]);
  const lower = keywords.filter(({ keyword }) => keyword === toLower(keyword)).length;
  const upper = keywords.filter(({ keyword }) => keyword === toUpper(keyword) && keyword !== toLower(keyword)).length;
  const isMostlyLower = lower > upper;
  for (const { keyword, range } of keywords) {
    if (keyword === (isMostlyLower ? toLower(keyword) : toUpper(keyword))) continue;
    const majority = isMostlyLower ? 'lowercase' : 'uppercase';
    linter.report(
      'ConsistentInstructionCasing',
      range,
      `Command '${keyword}' should match the case of the command majority (${majority})`,
    );
  }
}
