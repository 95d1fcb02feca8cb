import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { expandToWords } from '../words/expand.ts';
import { noVariables } from '../words/variables.ts';
import { type HeredocWord, parseHeredocWord } from './heredoc-word.ts';
import type { InstructionNode } from './tree.ts';

const keywords: readonly string[] = ['add', 'copy', 'run'];

/** True for ADD, COPY and RUN, behind ONBUILD too, unless their arguments are JSON. */
export function canHaveHeredocs(node: InstructionNode): boolean {
  const instruction = node.trigger ?? node;
  return keywords.includes(instruction.name) && !instruction.json;
}

/** The here-documents that an instruction announces, from left to right; `line` is the whole instruction. */
export function announcedHeredocs(line: string): HeredocWord[] {
  if (!line.includes('<<')) return [];
  return shellWords(line).flatMap((word) => parseHeredocWord(word) ?? []);
}

/** The words as a shell splits them, quotes and escapes kept; none if a quote is not closed. */
function shellWords(line: string): string[] {
  try {
    return expandToWords(line, noVariables, { escape: '\\', keepQuotes: true, keepEscapes: true, keepUnset: true });
  } catch (error) {
    if (isFirekilnError(error, 'DOCKERFILE_EXPANSION')) return [];
    throw error;
  }
}
