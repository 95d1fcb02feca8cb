import { aboutWords } from '../../base/errors/firekiln-error.ts';
import type { AddInstruction, CopyInstruction, Instruction } from './instruction.ts';
import { resolveMount } from './resolve-mount.ts';

export interface InstructionExpander {
  /** A word with its variables replaced and its quotes removed. */
  word(text: string): string;
  /** The body of a here-document with its variables replaced; quotes stay. */
  body(text: string): string;
}

/**
 * The instruction with its variables replaced where the instruction takes them, in the order of BuildKit (which decides
 * on the order of warnings). Not for ARG, whose default may go unused, and EXPOSE, where a variable may give several
 * ports: see {@link expandPorts}.
 */
export function expandInstruction<T extends Instruction>(instruction: T, expander: InstructionExpander): T;
export function expandInstruction(instruction: Instruction, expander: InstructionExpander): Instruction {
  switch (instruction.kind) {
    case 'add':
      return expandAdd(instruction, expander);
    case 'copy':
      return expandCopy(instruction, expander);
    case 'env':
    case 'label':
      return {
        ...instruction,
        pairs: instruction.pairs.map((pair) => ({
          ...pair,
          name: expander.word(pair.name),
          value: expander.word(pair.value),
        })),
      };
    case 'run':
      return {
        ...instruction,
        mounts: instruction.mountFlags.map((flag) =>
          aboutWords([flag.token.value], () => resolveMount(flag.value, (word) => expander.word(word))),
        ),
      };
    case 'stopsignal':
      return { ...instruction, signal: expander.word(instruction.signal) };
    case 'user':
      return { ...instruction, user: expander.word(instruction.user) };
    case 'volume':
      return { ...instruction, paths: instruction.paths.map((path) => expander.word(path)) };
    case 'workdir':
      return { ...instruction, path: expander.word(instruction.path) };
    case 'arg':
    case 'cmd':
    case 'entrypoint':
    case 'expose':
    case 'healthcheck':
    case 'maintainer':
    case 'onbuild':
    case 'shell':
      return instruction;
  }
}

function expandAdd(instruction: AddInstruction, expander: InstructionExpander): AddInstruction {
  const owner = expandOwner(instruction, expander);
  const checksum = expandOptional(instruction.checksum, expander);
  return { ...instruction, ...owner, checksum, ...expandPaths(instruction, expander) };
}

function expandCopy(instruction: CopyInstruction, expander: InstructionExpander): CopyInstruction {
  return { ...instruction, ...expandOwner(instruction, expander), ...expandPaths(instruction, expander) };
}

function expandOwner({ chown, chmod }: AddInstruction | CopyInstruction, expander: InstructionExpander) {
  return { chown: expandOptional(chown, expander), chmod: expandOptional(chmod, expander) };
}

/** What expands to nothing counts as not given. */
function expandOptional(text: string | undefined, expander: InstructionExpander): string | undefined {
  return text === undefined ? undefined : expander.word(text) || undefined;
}

function expandPaths(instruction: AddInstruction | CopyInstruction, expander: InstructionExpander) {
  return {
    sources: instruction.sources.map((source) => expander.word(source)),
    destination: expander.word(instruction.destination),
    inlineSources: instruction.inlineSources.map((source) =>
      source.expand ? { ...source, data: expander.body(source.data) } : source,
    ),
  };
}
