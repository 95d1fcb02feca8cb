import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openApp } from '../../src/app/app.ts';
import { openAppliance } from '../../src/app/appliance.ts';
import { openStore } from '../../src/store/open-store.ts';
import { testDataDir } from './cli.ts';

/**
 * Gives a fresh data dir the kernel and the appliance's programs that the test data dir has, and what is known of this
 * host, such as its clock rate.
 */
export async function shareAppliance(
  dataDir: string,
  { hostFacts = true }: { readonly hostFacts?: boolean } = {},
): Promise<void> {
  const app = openApp({ dataDir: testDataDir, progress: 'quiet' });
  try {
    await openAppliance(app);
    const from = await app.store();
    await using to = await openStore({ dataDir, emitter: app.emitter });
    for (const kind of ['kernel', 'appliance-tools']) {
      const pin = (await from.pins.list()).find(({ name }) => name === `setup:${kind}`);
      const [key] = pin?.refs ?? [];
      const folder = key === undefined ? undefined : await from.artifacts.find(kind, key);
      if (pin === undefined || key === undefined || folder === undefined) throw new Error(`no ${kind} was set up`);
      await to.artifacts.ensure(kind, key, async (path) => await cp(folder, path, { recursive: true }), {
        label: kind,
      });
      await to.pins.set(pin.name, pin.refs);
    }
    if (!hostFacts) return;
    const host = join(dataDir, 'host');
    await mkdir(dirname(host), { recursive: true });
    await cp(join(testDataDir, 'host'), host, { recursive: true }).catch(() => {});
  } finally {
    await app[Symbol.asyncDispose]();
  }
}
