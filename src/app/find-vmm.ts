import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { findInstalled } from '../setup/firecracker/bin-folder.ts';
import type { ProgramName } from '../setup/firecracker/known-release.ts';
import type { App } from './app.ts';

/**
 * The program that `--binary-firecracker` or `--binary-jailer` names; if it is absent or empty (as `$(readlink ...)` of
 * what is no link), the one on PATH, else the one that `firekiln setup firecracker` has installed. Undefined if there is
 * none. Throws PROGRAM_MISSING for a path that can't be executed.
 */
export async function findVmm(
  app: Pick<App, 'dataDir'>,
  name: ProgramName,
  named?: string,
): Promise<string | undefined> {
  if (named !== undefined && named !== '') return await requireExecutable(name, resolve(named));
  return await findInstalled(app.dataDir, name);
}

async function requireExecutable(name: ProgramName, path: string): Promise<string> {
  try {
    await access(path, constants.X_OK);
    if ((await stat(path)).isFile()) return path;
  } catch {
    // Told below.
  }
  throw new FirekilnError('PROGRAM_MISSING', `--binary-${name}: ${path} is no program that can be run`, {
    hint: `Leave the value empty to use the ${name} on PATH or the one of \`firekiln setup firecracker\`.`,
  });
}
