import { constants } from 'node:os';

/** With `SIG`. */
export const signalNames: readonly string[] = [...Object.keys(constants.signals), 'SIGCLD'];

const names: ReadonlySet<string> = new Set(signalNames.map((name) => name.replace(/^SIG/, '')));
/** SIGRTMIN to SIGRTMAX of Linux, as docker names them: RTMIN+1, RTMAX-14. */
const realTime = /^RT(?:MIN(?:\+(?:[1-9]|1[0-5]))?|MAX(?:-(?:[1-9]|1[0-4]))?)$/;

/**
 * True for a signal by name, with or without `SIG`, in any case, or by number: any but 0, as BuildKit has it. Whether there is
 * such a signal is found out when a VM starts.
 */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0 && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return names.has(name) || realTime.test(name);
}
