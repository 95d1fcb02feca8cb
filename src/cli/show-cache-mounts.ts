import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { formatBytes } from '../report/format.ts';
import { printLine } from '../report/output.ts';
import type { CacheMountInfo } from '../store/cache-mount-store.ts';
import type { Store } from '../store/store.ts';
import { tableLines } from './table.ts';

/** Prints the cache mounts, or those of the ids that are asked for, as a table or as a JSON array. */
export async function showCacheMounts(store: Store, ids: readonly string[], json: boolean): Promise<void> {
  const all = await store.cacheMounts.list();
  // What follows the id tells what the cache began as.
  const isOf = (id: string) => (mount: CacheMountInfo) => mount.id === id || mount.id.startsWith(`${id} `);
  const missing = ids.find((id) => !all.some(isOf(id)));
  if (missing !== undefined) {
    throw new FirekilnError('IMAGE_NOT_FOUND', `there is no cache mount ${missing}`, {
      hint: '`firekiln inspect --cache-mounts` lists those that there are; `firekiln purge` may have removed it.',
    });
  }
  const mounts = ids.length === 0 ? all : all.filter((mount) => ids.some((id) => isOf(id)(mount)));
  if (json) {
    const described = mounts.map(({ label, diskBytes, createdAt, usedAt, ...rest }) => ({
      ...rest,
      target: label,
      size: diskBytes,
      created: new Date(createdAt).toISOString(),
      lastUsed: new Date(usedAt).toISOString(),
    }));
    printLine(JSON.stringify(described, null, 2));
    return;
  }
  const rows = mounts.map(({ id, label, diskBytes, usedAt, usedBy, inUse }) => [
    id,
    label,
    formatBytes(diskBytes),
    inUse ? 'now' : new Date(usedAt).toISOString().slice(0, 19),
    usedBy,
  ]);
  for (const line of tableLines([['ID', 'TARGET', 'SIZE', 'LAST USED', 'BY'], ...rows])) printLine(line);
}
