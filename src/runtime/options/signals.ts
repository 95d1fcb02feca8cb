import { constants } from 'node:os';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** signal(7), as glibc numbers them. */
const firstRealTime = 34;
const lastSignal = 64;

/** The number of a signal given as `TERM`, `SIGTERM`, `15` or `SIGRTMIN+3`. Throws USAGE. */
export function parseSignal(text: string, where: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = /^[0-9]{1,2}$/.test(name) ? Number(name) : (byName(name) ?? realTime(name));
  if (number !== undefined && number >= 1 && number <= lastSignal) return number;
  throw new FirekilnError('USAGE', `${where}: ${JSON.stringify(text)} is no signal`, {
    hint: 'Signals are written as TERM, SIGTERM or 15.',
  });
}

function byName(name: string): number | undefined {
  // Its other name, which Node does not have.
  const known = name === 'CLD' ? 'CHLD' : name;
  return (constants.signals as Readonly<Record<string, number>>)[`SIG${known}`];
}

function realTime(name: string): number | undefined {
  const match = /^RTM(IN|AX)(?:([+-])([0-9]{1,2}))?$/.exec(name);
  if (match === null) return undefined;
  const base = match[1] === 'IN' ? firstRealTime : lastSignal;
  return base + (match[2] === '-' ? -1 : 1) * Number(match[3] ?? 0);
}
