import { abortError } from './abort.ts';
import { FirekilnError } from './errors/firekiln-error.ts';
import { lastLines } from './last-lines.ts';
import { quoteCommand } from './quote-command.ts';

/** How a child ended. */
export interface ProcessResult {
  readonly command: string;
  readonly args: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  readonly durationMs: number;
}

/** The failure that a result stands for. */
export function processError(result: ProcessResult, signal?: AbortSignal): FirekilnError {
  const line = quoteCommand(result.command, result.args);
  const tail = lastLines(result.stderr, 20);
  if (result.aborted && signal !== undefined) return abortError(signal, `running ${result.command}`);
  if (result.timedOut) {
    return new FirekilnError('TIMEOUT', `${result.command} did not end within its time limit`, {
      details: [line, ...tail],
    });
  }
  const how = result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
  return new FirekilnError('PROCESS_FAILED', `${result.command} failed with ${how}`, { details: [line, ...tail] });
}
