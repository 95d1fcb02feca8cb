import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/system-error.ts';
import { processStart, readPasstRecord } from './passt-record.ts';
import { createUserNetworkProvider } from './user-provider.ts';

/** Removes what user networks have left whose process is gone; passt has died with it. */
export async function reclaimUserNetworks(stateDir: string): Promise<void> {
  const provider = createUserNetworkProvider({ binary: 'passt', stateDir });
  for (const name of await recordNames(stateDir)) {
    const record = await readPasstRecord(join(stateDir, name));
    const start = record === undefined ? undefined : await processStart(record.pid);
    // Without a start it is the process that was about to start passt.
    const lives = record !== undefined && start !== undefined && (record.start === '' || record.start === start);
    if (!lives) await provider.detach(name.slice(0, -'.json'.length));
  }
}

async function recordNames(stateDir: string): Promise<readonly string[]> {
  try {
    return (await readdir(stateDir)).filter((name) => /^[A-Za-z0-9-]{1,60}\.json$/.test(name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
