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
  const byKeyword = Map.groupBy(keywords, ({ keyword }) => keyword);
  let lower = 0;
  let upper = 0;
  for (const [keyword, { length }] of byKeyword) {
    if (keyword === toLower(keyword)) lower += length;
    else if (keyword === toUpper(keyword)) upper += length;
  }
  const [majority, inMajority] = lower > upper ? (['lowercase', toLower] as const) : (['uppercase', toUpper] as const);
  const wrong = new Set([...byKeyword.keys()].filter((keyword) => keyword !== inMajority(keyword)));
  for (const { keyword, range } of keywords) {
    if (!wrong.has(keyword)) continue;
    linter.report(
      'ConsistentInstructionCasing',
      range,
      `Command '${keyword}' should match the case of the command majority (${majority})`,
    );
  }
}
