import { homedir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '../../src/app/app.ts';
import { openAppliance } from '../../src/app/appliance.ts';
import { type Machines, openMachines } from '../../src/app/machines.ts';
import type { Appliance } from '../../src/guest/guest.ts';

export interface TestAppliance extends Machines, AsyncDisposable {
  readonly app: App;
  readonly appliance: Appliance;
}

/** Kept for the next run: setting up takes a while and the clock is measured once per boot of the host. */
const dataDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'data');

/** The real appliance and the machine driver of this host, set up when they are first asked for. */
export async function openTestAppliance(): Promise<TestAppliance> {
  const app = openApp({ dataDir, progress: 'quiet' });
  try {
    const appliance = await openAppliance(app);
    const machines = await openMachines(app, { appliance });
    return { app, appliance, ...machines, [Symbol.asyncDispose]: async () => await app[Symbol.asyncDispose]() };
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
}
