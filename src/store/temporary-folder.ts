import { mkdir, rm } from 'node:fs/promises';
import { explainSystemError } from '../base/system-error.ts';
import type { Session } from './session.ts';
import type { TemporaryFolder } from './store.ts';

export async function makeTemporaryFolder(session: Session): Promise<TemporaryFolder> {
  const path = session.temporaryPath();
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw explainSystemError(error, 'making the folder', path);
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }),
  };
}
