import type { Command } from 'commander';

/**
 * Puts the arguments of `run` into the order in which commander reads them: flags, `--`, the image, the command. Flags
 * may come before and after the image; the first word after it that is none, or `--`, starts the command.
 */
export function arrangeRunArguments(command: Command, words: readonly string[]): string[] {
  const flags: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') {
      const after = words.slice(index + 1);
      return [...flags, '--', ...rest, ...after];
    }
    if (word.startsWith('-') && word !== '-') {
      flags.push(word);
      const value = words[index + 1];
      if (value !== undefined && takesNextWord(command, word)) {
        flags.push(value);
        index++;
      }
      continue;
    }
    if (rest.length > 0) return [...flags, '--', ...rest, ...words.slice(index)];
    rest.push(word);
  }
  return rest.length === 0 ? flags : [...flags, '--', ...rest];
}

/** Whether the value of a flag is the next word: not for `--name=x`, `-p80`, or flags without a value. */
function takesNextWord(command: Command, word: string): boolean {
  const find = (flag: string) => command.options.find((option) => option.short === flag || option.long === flag);
  if (word.startsWith('--')) return !word.includes('=') && find(word)?.required === true;
  // Of joined short flags (`-it`) only the last may take the next word; the first that takes a value takes the rest.
  for (let index = 1; index < word.length; index++) {
    if (find(`-${word[index]}`)?.required === true) return index === word.length - 1;
  }
  return false;
}
