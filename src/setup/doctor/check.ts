import { isFirekilnError } from '../../base/errors/firekiln-error.ts';

/** One thing that was tried, and how it went. */
export interface Check {
  readonly name: string;
  readonly state: 'works' | 'limited' | 'broken';
  /** What was found, for people. */
  readonly text: string;
  /** What to do about it, where it does not simply work. */
  readonly wayOut?: string;
  readonly command?: string;
}

/** A check that throws has found something broken. */
export async function tryCheck(name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    if (isFirekilnError(error, 'ABORTED')) throw error;
    const hint = isFirekilnError(error) ? error.hint : undefined;
    return { name, state: 'broken', text: messageOf(error), ...(hint === undefined ? {} : { wayOut: hint }) };
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details = isFirekilnError(error) ? (error.details ?? []).slice(-5) : [];
  return [error.message, ...details.map((line) => `  | ${line}`)].join('\n');
}
