import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { describeError } from '../report/fatal.ts';
import { printNotice } from '../report/output.ts';

/** Does the work for every VM that is named, also if it fails for some; the exit status is that of the first failure. */
export async function forEachVm(vms: readonly string[], work: (vm: string) => Promise<void>): Promise<void> {
  const failures: FirekilnError[] = [];
  for (const vm of vms) {
    try {
      await work(vm);
    } catch (error) {
      if (!(error instanceof FirekilnError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.pop();
  for (const failure of failures) for (const line of describeError(failure)) printNotice(line);
  if (last !== undefined) throw last;
}
