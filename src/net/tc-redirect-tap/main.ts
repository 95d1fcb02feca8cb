import { readSync } from 'node:fs';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import { printLine } from '../../report/output.ts';
import { failureCodes, PluginFailure } from './plugin-failure.ts';
import { readRequest } from './plugin-request.ts';
import { runCommand } from './run-command.ts';

/** The program that libexec/cni/tc-redirect-tap starts. */
try {
  const answer = await runCommand(readRequest(process.env, readInput()));
  if (answer !== undefined) printLine(JSON.stringify(answer));
} catch (error) {
  printLine(JSON.stringify({ cniVersion: '1.0.0', ...describe(error) }));
  process.exitCode = 1;
}

function readInput(): string {
  const buffer = Buffer.alloc(cniLimits.bytes + 1);
  let size = 0;
  for (;;) {
    const read = readSync(0, buffer, size, buffer.length - size, null);
    size += read;
    if (size > cniLimits.bytes) {
      throw new PluginFailure(
        failureCodes.ioFailure,
        `the network configuration has more than ${cniLimits.bytes} bytes`,
      );
    }
    if (read === 0) return buffer.toString('utf8', 0, size);
  }
}

function describe(error: unknown): { readonly code: number; readonly msg: string; readonly details?: string } {
  if (error instanceof PluginFailure) {
    return { code: error.code, msg: error.message, ...(error.details === '' ? {} : { details: error.details }) };
  }
  const msg = error instanceof Error ? error.message : String(error);
  const details = isFirekilnError(error) ? (error.details ?? []).join('\n') : error instanceof Error ? error.stack : '';
  return { code: failureCodes.failed, msg, ...(details === undefined || details === '' ? {} : { details }) };
}
