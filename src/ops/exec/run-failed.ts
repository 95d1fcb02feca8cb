import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { ExecStepFailure } from '../../executor/executor.ts';
import type { ExecNode } from '../../graph/node.ts';

/** Of a command that is longer, the start is enough to know it by. */
const maxShownCommand = 400;

/** The error of a step whose command failed or did not start. */
export function runFailed({ args }: ExecNode, failure: ExecStepFailure): FirekilnError {
  const { error, exitCode, oomKilled, lastLines, hint } = failure;
  if (error !== undefined) return error;
  const command = args.join(' ');
  const shown = command.length > maxShownCommand ? `${command.slice(0, maxShownCommand)}...` : command;
  const memory = oomKilled ? ', and the kernel ended something of it for want of memory' : '';
  return new FirekilnError('RUN_FAILED', `${JSON.stringify(shown)} ended with exit code ${exitCode}${memory}`, {
    details: lastLines,
    hint: hint ?? (oomKilled ? 'Give build VMs more memory with --memory.' : undefined),
  });
}
