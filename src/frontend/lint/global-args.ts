import type { ArgInstruction } from '../instructions/instruction.ts';
import { blaming } from '../instructions/place.ts';
import type { SourceText } from '../syntax/tree.ts';
import { expandWord } from '../words/expand.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import { variablesFrom } from '../words/variables.ts';

export interface GlobalArgs {
  readonly values: ReadonlyMap<string, string>;
  /** Declared before the first FROM, with a value or without. */
  readonly declared: ReadonlySet<string>;
}

/** The arguments that FROM sees: predefined ones, and those of the ARGs before the first FROM, each expanded with what is above it. */
export function resolveGlobalArgs(
  metaArgs: readonly ArgInstruction[],
  predefined: ReadonlyMap<string, string>,
  buildArgs: ReadonlyMap<string, string>,
  { source, expansion }: { readonly source: SourceText; readonly expansion: ExpandOptions },
): GlobalArgs {
  const values = new Map(predefined);
  const declared = new Set<string>();
  for (const instruction of metaArgs) {
    for (const { name, value } of instruction.args) {
      declared.add(name);
      const given = buildArgs.get(name);
      if (given !== undefined) values.set(name, given);
      else if (value !== undefined) {
        values.set(
          name,
          blaming(source, instruction, () => expandWord(value, variablesFrom(values), expansion).text),
        );
      }
    }
  }
  return { values, declared };
}
