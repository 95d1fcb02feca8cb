import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { describeError } from '../report/fatal.ts';
import { printNotice } from '../report/output.ts';

/** Does the work for everything that is named, also if it fails for some; the exit status is that of the first failure. */
export async function forEach(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const failures: FirekilnError[] = [];
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      if (!(error instanceof FirekilnError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.pop();
  for (const failure of failures) for (const line of describeError(failure)) printNotice(line);
  if (last !== undefined) throw last;
}
