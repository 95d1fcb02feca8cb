import { trimSpace } from '../../base/white-space.ts';
import { toUpper } from '../text/letter-case.ts';
import { readFlags, takesNoFlags } from './flags.ts';
import type { OnbuildInstruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readHead } from './read-head.ts';

/** The instruction behind ONBUILD is kept as text; what it means is looked at when a later build runs it. */
export function readOnbuild(context: ReadContext): OnbuildInstruction {
  const { trigger, original, heredocs } = context.node;
  if (trigger === undefined) throw instructionFault(context, 'ONBUILD has no instruction behind it');
  readFlags(context, takesNoFlags);
  const name = toUpper(trimSpace(trigger.keyword.value));
  if (name === 'ONBUILD' || name === 'FROM' || name === 'MAINTAINER') {
    throw instructionFault(context, `${name} is not allowed behind ONBUILD`, trigger.keyword);
  }
  const expression = original.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/i, '');
  const bodies = heredocs.map((heredoc) => `\n${heredoc.content}${heredoc.name}`);
  return { kind: 'onbuild', ...readHead(context), expression: expression + bodies.join('') };
}
