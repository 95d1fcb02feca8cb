import type { BuildCase } from '../build-corpus.ts';

/** Whether a case has steps to run, if only those of a trigger. */
export function needsVm({ dockerfile }: Pick<BuildCase, 'dockerfile'>): boolean {
  return /^\s*(?:ONBUILD\s+)?RUN\b/im.test(dockerfile.toString('latin1'));
}
