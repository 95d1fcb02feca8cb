import type { ExecRequest } from '../executor.ts';
import type { EndedStep } from './run-step.ts';

const littleBytes = 1024 * 1024;

/** What to do where the machine was too small for a step; undefined if nothing says so. */
export function failureHint(step: EndedStep, resources: ExecRequest['resources']): string | undefined {
  if (step.oomKilled) {
    return `The virtual machine ran out of memory: it has ${resources.memoryMiB} MiB. Give it more with --memory.`;
  }
  if (step.freeInodes !== undefined && step.freeInodes < 8) {
    return `The step made as many files as its disk of ${resources.scratchMiB} MiB can have. Give it more with --scratch-size.`;
  }
  const said = step.lastLines.some((line) => /no space left on device/i.test(line));
  if (said || (step.freeBytes !== undefined && step.freeBytes < littleBytes)) {
    return `The disk that the steps write to is full: it has ${resources.scratchMiB} MiB. Give it more with --scratch-size.`;
  }
  return undefined;
}
