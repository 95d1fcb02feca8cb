import { someArguments } from './arguments.ts';
import { readFlags, takesNoFlags } from './flags.ts';
import type { ArgDefinition, ArgInstruction, NameValue, NameValueInstruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { descriptionOf, readHead } from './read-head.ts';

export function readNameValues(kind: 'env' | 'label', context: ReadContext): NameValueInstruction {
  readFlags(context, takesNoFlags);
  const args = someArguments(context, `${context.name} name=value`);
  const pairs: NameValue[] = [];
  for (let at = 0; at + 2 < args.length; at += 3) {
    const [name, value, equals] = [args[at], args[at + 1], args[at + 2]];
    if (name?.value === '') throw blankName(context, at);
    pairs.push({ name: name?.value ?? '', value: value?.value ?? '', hasEquals: equals?.value === '=' });
  }
  return { kind, ...readHead(context), pairs };
}

/** Flags of ARG are accepted and ignored, as BuildKit does. */
export function readArg(context: ReadContext): ArgInstruction {
  const args = someArguments(context, 'ARG name or ARG name=default').map(({ value }, index): ArgDefinition => {
    const equals = value.indexOf('=');
    if (equals === 0) throw blankName(context, index);
    const name = equals < 0 ? value : value.slice(0, equals);
    return {
      name,
      value: equals < 0 ? undefined : value.slice(equals + 1),
      description: descriptionOf(name, context.node.comments),
    };
  });
  return { kind: 'arg', ...readHead(context), args };
}

function blankName(context: ReadContext, index: number): Error {
  return instructionFault(context, `${context.name} has a = without a name before it`, context.node.args[index]);
}
