import { toLower } from '../text/letter-case.ts';
import type { Stage } from './dockerfile.ts';
import { readFlags } from './flags.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { descriptionOf, readHead } from './read-head.ts';

/** The names that a stage may have, in lower case. */
export const stageNamePattern = /^[a-z][a-z0-9\-_.]*$/;

const fromFlags = { platform: 'text' } as const;

/** A FROM, as a stage without instructions. */
export function readFrom(context: ReadContext, index: number): Stage {
  const name = readStageName(context);
  const flags = readFlags(context, fromFlags);
  return {
    ...readHead(context),
    index,
    name,
    base: context.node.args[0]?.value ?? '',
    platform: flags.platform?.value || undefined,
    description: descriptionOf(name ?? '', context.node.comments),
    instructions: [],
  };
}

function readStageName(context: ReadContext): string | undefined {
  const { args } = context.node;
  const [, as, name] = args;
  if (args.length === 1) return undefined;
  if (args.length !== 3 || as === undefined || name === undefined || !/^as$/iu.test(as.value)) {
    throw instructionFault(
      context,
      `FROM has ${args.length} arguments; expected FROM image or FROM image AS name`,
      args[1] ?? context.node.keyword,
    );
  }
  const lower = toLower(name.value);
  if (stageNamePattern.test(lower)) return lower;
  throw instructionFault(
    context,
    `${JSON.stringify(name.value)} is no name for a stage; expected a letter, then letters, digits, - _ and .`,
    name,
  );
}
