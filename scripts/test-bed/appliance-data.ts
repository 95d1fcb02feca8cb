import { openApp } from '../../src/app/app.ts';
import { openAppliance } from '../../src/app/appliance.ts';
import { shareAppliance } from '../../test/support/share-appliance.ts';

/** Writes a data dir with kernel and appliance, assembled here: in the bed that would take minutes. */
export async function applianceData(folder: string): Promise<void> {
  await shareAppliance(folder, { hostFacts: false });
  await using app = openApp({ dataDir: folder, progress: 'quiet' });
  await openAppliance(app);
}
