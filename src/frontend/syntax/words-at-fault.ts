import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { TextLines } from './text-lines.ts';
import type { InstructionNode } from './tree.ts';

/**
 * Where the words are that an error of an instruction is about: the first is a token of it as the grammar takes it, or a
 * flag by its name (`--chown`), or anything that stands in one, or the only token that its variables, escapes and quotes
 * can have made the word of; each further one stands within the one before. What is not found is passed over.
 */
export function rangeOfWords(text: string, node: InstructionNode, words: readonly string[]): SourceRange | undefined {
  if (words.length === 0) return undefined;
  const lines = new TextLines(text);
  for (const [at, word] of words.entries()) {
    const found = tokenOf(node, word) ?? rangeInTokens(lines, node, word) ?? onlyTokenFor(node, word);
    if (found !== undefined) return narrow(lines, found, words.slice(at + 1));
  }
  return undefined;
}

/** The part of a range that the last word takes up, each looked for within the one before. */
export function narrowRange(text: string, range: SourceRange, words: readonly string[]): SourceRange {
  return words.length === 0 ? range : narrow(new TextLines(text), range, words);
}

function narrow(lines: TextLines, range: SourceRange, words: readonly string[]): SourceRange {
  return words.reduce((outer, word) => lines.find(word, outer) ?? outer, range);
}

function tokenOf({ flags, args }: InstructionNode, word: string): SourceRange | undefined {
  const token =
    [...flags, ...args].find(({ value }) => value === word) ?? flags.find(({ value }) => value.startsWith(`${word}=`));
  return token?.range;
}

function rangeInTokens(lines: TextLines, node: InstructionNode, word: string): SourceRange | undefined {
  for (const { range } of [...node.flags, ...node.args, ...node.heredocs]) {
    const found = lines.find(word, range);
    if (found !== undefined) return found;
  }
  return undefined;
}

function onlyTokenFor({ flags, args }: InstructionNode, word: string): SourceRange | undefined {
  const [token, another] = [...flags, ...args].filter(({ value }) => mayBecome(value, word));
  return another === undefined ? token?.range : undefined;
}

/** Whether the word is the text with something in place of each variable; quotes, escapes and what starts a path don't count. */
function mayBecome(text: string, word: string): boolean {
  const [start = '', ...others] = text.split(/\$\{[^}]*\}|\$\w+/).map(unquoted);
  const [first, whole] = [fromRoot(start), fromRoot(unquoted(word))];
  const last = others.pop();
  if (last === undefined) return first !== '' && whole === first;
  if (!whole.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = whole.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return whole.slice(at).endsWith(last);
}

const unquoted = (text: string) => text.replaceAll(/["'`\\]/g, '');
const fromRoot = (path: string) => path.replace(/^(?:\.?\/)+/, '');
