import { throwIfAborted } from '../base/abort.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { cacheKind } from './cache-record-store.ts';
import { type GcPlan, planGc, totalBytes } from './gc-plan.ts';
import type { GcItem, GcPolicy, GcReport } from './gc-policy.ts';
import { Sweep, strayItem } from './gc-sweep.ts';
import { withReserve } from './reserve.ts';
import type { StoreParts } from './store-parts.ts';
import type { StoreSnapshot } from './store-snapshot.ts';
import { takeSnapshot } from './take-snapshot.ts';

/** Removes garbage, and what the policy asks for. One at a time per store. */
export async function collectGarbage(parts: StoreParts, policy: GcPolicy): Promise<GcReport> {
  const { locks, emitter } = parts;
  throwIfAborted(policy.signal, 'collecting garbage');
  const onWait = (holder: string) => emitter.message('info', `waiting for ${holder}, which is collecting garbage`);
  return await locks.run('gc', { signal: policy.signal, onWait }, async () => {
    if (policy.dryRun) return plannedReport(planGc(await takeSnapshot(parts), policy));
    const removed: GcItem[] = [];
    const totalBefore = await withReserve(parts.layout, async () => await sweepOnce(parts, policy, removed));
    const freedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0);
    return { removed, freedBytes, keptBytes: Math.max(0, totalBefore - freedBytes) };
  });
}

/** Returns the bytes that the store had on disk before anything was removed. */
async function sweepOnce(parts: StoreParts, policy: GcPolicy, removed: GcItem[]): Promise<number> {
  const { records, leases, locks } = parts;
  const before = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  records.flushUses();
  records.settleTimes();
  parts.database.check();
  const snapshot = await takeSnapshot(parts);
  refuseUnreadable(snapshot);
  await leases.reclaimDead();
  await locks.removeFree();
  await new Sweep(parts, policy.signal, removed).run(planGc(snapshot, policy));
  return before + totalBytes(snapshot);
}

function plannedReport(plan: GcPlan): GcReport {
  const removed: GcItem[] = [
    ...plan.strays.flatMap(strayItem),
    ...plan.records.map(({ record: { type, key, label, bytes }, reason }) => ({ type, key, label, bytes, reason })),
    ...plan.blobs.map(({ digest, bytes }) => ({
      type: 'blob',
      key: digest,
      label: '',
      bytes,
      reason: 'unreferenced' as const,
    })),
  ];
  return { removed, freedBytes: plan.freedBytes, keptBytes: plan.keptBytes };
}

/** Nobody knows what a damaged record kept; removing what seems unreferenced then could take the content of an image. */
function refuseUnreadable(snapshot: StoreSnapshot): void {
  const record = snapshot.records.find(({ role, type, damaged }) => role === 'root' && type !== cacheKind && damaged);
  if (record === undefined) return;
  throw new FirekilnError('STORE_DAMAGED', `the record of the ${record.type} ${record.key} is damaged`, {
    hint: 'Nothing was removed. Tag, build or pull it again, or drop it with `firekiln rmi`; then purge.',
  });
}
