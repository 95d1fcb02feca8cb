import { randomBytes } from 'node:crypto';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import type { Guest } from '../../guest/guest.ts';
import type { ExecStep } from '../executor.ts';
import { LastLines } from '../last-lines.ts';
import { ReportSplitter } from './report-splitter.ts';
import { parseStepReport, type StepReport } from './step-report.ts';
import { type StepPlace, stepScript } from './step-script.ts';

export interface RunStepOptions {
  readonly guest: Guest;
  readonly step: ExecStep;
  readonly place: Omit<StepPlace, 'token'>;
  readonly emitter: Emitter;
  readonly signal: AbortSignal | undefined;
}

export interface EndedStep extends StepReport {
  readonly lastLines: readonly string[];
  readonly durationMs: number;
}

/** Runs one step in the guest, its output told as events. Rejects as {@link Guest.exec} does. */
export async function runStep(options: RunStepOptions): Promise<EndedStep> {
  const { guest, step, place, emitter, signal } = options;
  const token = `firekiln-step-${randomBytes(16).toString('hex')} `;
  const started = performance.now();
  const lastLines = new LastLines();
  const tell = (stream: 'stdout' | 'stderr') => (data: Buffer) => {
    lastLines.push(stream, data);
    emitter.emit({ event: 'node.log', node: step.node, stream, data });
  };
  const stderr = new ReportSplitter(token, tell('stderr'));
  const exit = await guest.exec('/firekiln/step', {
    stdin: Buffer.from(stepScript(step, { ...place, token: token.trimEnd() })),
    onStdout: tell('stdout'),
    onStderr: (chunk) => stderr.push(chunk),
    signal,
  });
  const report = stderr.end();
  const durationMs = performance.now() - started;
  if (report === undefined) {
    throw new FirekilnError('STEP_SETUP_FAILED', 'the virtual machine ended the step without a report', {
      details: [`exit code ${exit.exitCode}, signal ${exit.signal}`, ...lastLines.get().slice(-10)],
    });
  }
  return { ...parseStepReport(report), lastLines: lastLines.get(), durationMs };
}
