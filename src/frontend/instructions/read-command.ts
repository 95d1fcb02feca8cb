import type { InstructionNode } from '../syntax/tree.ts';
import { readFlags, takesNoFlags } from './flags.ts';
import type { CommandInstruction, CommandLine, ShellInstruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readHead } from './read-head.ts';

export function readCommand(kind: 'cmd' | 'entrypoint', context: ReadContext): CommandInstruction {
  readFlags(context, takesNoFlags);
  return { kind, ...readHead(context), command: readCommandLine(context.node) };
}

export function readCommandLine({ args, json }: InstructionNode): CommandLine {
  return { words: args.map((arg) => arg.value), isShellForm: !json };
}

export function readShell(context: ReadContext): ShellInstruction {
  readFlags(context, takesNoFlags);
  const { args, json } = context.node;
  if (args.length === 0 || !json) {
    throw instructionFault(
      context,
      'SHELL has no JSON array with at least one word; expected SHELL ["executable", "parameter"]',
      args[0],
    );
  }
  return { kind: 'shell', ...readHead(context), shell: args.map((arg) => arg.value) };
}
