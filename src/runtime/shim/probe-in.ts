import { GuestProgram, type ProgramOptions } from './guest-program.ts';
import type { Probe } from './watch-health.ts';

const maxOutputChars = 64 * 1024;
const sigkill = 9;

/** Runs the test of a HEALTHCHECK as `exec` would run it; an abort kills it. */
export function probeIn(where: Pick<ProgramOptions, 'guest' | 'user' | 'env' | 'workdir'>): Probe {
  return async (args, signal) => {
    let output = '';
    const program = await GuestProgram.start({
      ...where,
      slot: 'health',
      args,
      terminal: undefined,
      onOutput: (_, data) => {
        output = (output + data.toString('utf8')).slice(-maxOutputChars);
      },
    });
    program.endInput();
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = () => {
        void program.signal(sigkill).catch(() => false);
        reject(new Error('the test was stopped'));
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    const exitCode = await Promise.race([program.ended, aborted]);
    return { exitCode: exitCode ?? -1, output };
  };
}
