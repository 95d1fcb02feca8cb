import { openApp } from '../../src/app/app.ts';
import { openAppliance } from '../../src/app/appliance.ts';
import { artifactKindOf, artifactValue } from '../../src/store/artifact-record.ts';
import { StoreDatabase } from '../../src/store/database.ts';
import { storeLayout } from '../../src/store/layout.ts';
import { RecordTable } from '../../src/store/record-table.ts';
import { databaseSchema } from '../../src/store/schema.ts';
import { shareAppliance } from '../../test/support/share-appliance.ts';

/** Writes a data dir with kernel and appliance, assembled here: in the bed that would take minutes. */
export async function applianceData(folder: string): Promise<void> {
  await shareAppliance(folder, { hostFacts: false });
  {
    await using app = openApp({ dataDir: folder, progress: 'quiet' });
    await openAppliance(app);
  }
  markFlushed(folder);
}

/** What is not flushed counts for this boot of this host only; the drive holds what the files are now. */
function markFlushed(dataDir: string): void {
  using database = StoreDatabase.open(storeLayout(dataDir).database, databaseSchema);
  const records = new RecordTable(database, Date.now);
  for (const record of records.list()) {
    if ('damaged' in record || artifactKindOf(record.kind) === undefined) continue;
    const value = artifactValue(record);
    if (value !== undefined) records.update(record, { ...value, flushed: true });
  }
}
