import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { findProgram } from '../base/find-program.ts';

/** The path of a program of the host. Throws PROGRAM_MISSING. */
export async function requireProgram(name: string): Promise<string> {
  const path = await findProgram(name);
  if (path !== undefined) return path;
  throw new FirekilnError('PROGRAM_MISSING', `${name} is not installed or not on PATH`, {
    hint: '`firekiln setup` says how to install what Firekiln needs.',
  });
}
