import { constants } from 'node:os';
import { lastLines } from '../base/last-lines.ts';
import type { ProcessResult } from '../base/process-result.ts';
import type { MachineEnd } from './driver.ts';
import { findKernelPanic } from './kernel-panic.ts';

/** How a machine ended that nobody asked to stop, by how its VMM did and what is on its console. */
export function describeEnd(seen: {
  /** Name of the VMM. */
  readonly vmm: string;
  readonly result: ProcessResult;
  readonly console: string;
  /** Whether, as the VMM told, the guest ended it; undefined if it told nothing. */
  readonly endedByGuest: boolean | undefined;
}): MachineEnd {
  const { vmm, result, console, endedByGuest } = seen;
  const isClean = result.exitCode === 0 && endedByGuest !== false;
  const panic = findKernelPanic(console);
  if (isClean && panic !== undefined) return { reason: 'panic', detail: panic };
  if (isClean) return { reason: 'guest', detail: 'the guest ended the machine' };
  const how = result.signal === undefined ? describeExit(result.exitCode ?? 0) : `signal ${result.signal}`;
  const words = lastLines(result.stderr, 5).join('; ');
  return { reason: 'vmm-failed', detail: `${vmm} ended with ${how}${words === '' ? '' : `: ${words}`}` };
}

/** Of a VMM whose parent is a shell too. */
function describeExit(code: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? `exit code ${code}` : `signal ${name}`;
}
