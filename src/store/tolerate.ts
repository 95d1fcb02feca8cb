import type { Emitter } from '../base/events.ts';

/** Does something that may fail without harm; a failure is told to those who look for it. */
export async function tolerate(emitter: Emitter, doing: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    emitter.message('debug', `${doing} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
