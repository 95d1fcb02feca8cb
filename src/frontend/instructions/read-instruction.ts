import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { didYouMean } from '../../base/nearest.ts';
import { instructionNames } from '../syntax/argument-forms.ts';
import type { InstructionNode, SourceText } from '../syntax/tree.ts';
import { toLower, toUpper } from '../text/letter-case.ts';
import type { Instruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readCommand, readShell } from './read-command.ts';
import { readAdd, readCopy } from './read-copy.ts';
import { readHealthcheck } from './read-healthcheck.ts';
import { readArg, readNameValues } from './read-name-values.ts';
import { readOnbuild } from './read-onbuild.ts';
import { readRun } from './read-run.ts';
import { readExpose, readMaintainer, readStopsignal, readUser, readVolume, readWorkdir } from './read-simple.ts';

const readers: ReadonlyMap<string, (context: ReadContext) => Instruction> = new Map<
  string,
  (context: ReadContext) => Instruction
>([
  ['add', readAdd],
  ['arg', readArg],
  ['cmd', (context) => readCommand('cmd', context)],
  ['copy', readCopy],
  ['entrypoint', (context) => readCommand('entrypoint', context)],
  ['env', (context) => readNameValues('env', context)],
  ['expose', readExpose],
  ['healthcheck', readHealthcheck],
  ['label', (context) => readNameValues('label', context)],
  ['maintainer', readMaintainer],
  ['onbuild', readOnbuild],
  ['run', readRun],
  ['shell', readShell],
  ['stopsignal', readStopsignal],
  ['user', readUser],
  ['volume', readVolume],
  ['workdir', readWorkdir],
]);

/** Gives an instruction other than FROM its meaning. Throws DOCKERFILE_INSTRUCTION. */
export function readInstruction(context: ReadContext): Instruction {
  const keyword = context.node.keyword;
  const reader = readers.get(context.node.name);
  if (reader !== undefined) return reader(context);
  throw instructionFault(context, `unknown instruction: ${keyword.value}`, keyword, {
    hint: didYouMean(toUpper(keyword.value), instructionNames.map(toUpper)) ?? hintFor(keyword.value),
  });
}

function hintFor(keyword: string): string | undefined {
  const [odd] = /[\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]/.exec(keyword) ?? [];
  if (odd !== undefined) {
    return `It has the character U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}, which is no blank.`;
  }
  if (keyword === '') return undefined;
  if (keyword.includes('\0')) return 'The file seems to be UTF-16, or no text. Save it as UTF-8.';
  // A part of a shell's command, which the line before does not continue.
  return /[^A-Za-z]/.test(keyword) || keyword === toLower(keyword)
    ? 'A command is run by RUN; one that goes on in the next line needs a continuation at the end of its own.'
    : `Instructions are ${instructionNames.map(toUpper).join(', ')}.`;
}

export function contextOf(node: InstructionNode, source: SourceText, blamed: SourceRange = node.range): ReadContext {
  return new InstructionContext(node, source, blamed);
}

class InstructionContext implements ReadContext {
  readonly node: InstructionNode;
  readonly source: SourceText;
  readonly blamed: SourceRange;

  constructor(node: InstructionNode, source: SourceText, blamed: SourceRange) {
    this.node = node;
    this.source = source;
    this.blamed = blamed;
  }

  get name(): string {
    return toUpper(this.node.keyword.value);
  }
}
