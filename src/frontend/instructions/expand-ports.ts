import { aboutWords } from '../../base/errors/firekiln-error.ts';
import { expandToWords } from '../words/expand.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import type { Variables } from '../words/variables.ts';
import type { ExposeInstruction } from './instruction.ts';
import { type PortSpec, parsePortSpec } from './ports.ts';

/** The ports that EXPOSE names; a variable may hold several. Throws without a place. */
export function expandPorts(
  instruction: ExposeInstruction,
  variables: Variables,
  options: ExpandOptions,
): { readonly word: string; readonly spec: PortSpec }[] {
  const words = instruction.ports.flatMap((port) =>
    expandToWords(port, variables, options).map((word) => ({ port, word })),
  );
  return words.map(({ port, word }) => ({ word, spec: aboutWords([port], () => parsePortSpec(word)) }));
}
