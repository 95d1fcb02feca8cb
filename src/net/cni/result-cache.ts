import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import {
  type CachedAttachment,
  encodeCachedAttachment,
  parseCachedAttachment,
} from '../../formats/cni/cached-attachment.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import type { CniVersion } from '../../formats/cni/cni-version.ts';
import { readBounded } from './read-bounded.ts';

/** What names an attachment, in the cache and for plugins. */
export interface AttachmentKey {
  readonly networkName: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** The file that libcni would keep it in: `results/NETWORK-CONTAINER-INTERFACE`. */
function cachePath(cacheDir: string, { networkName, containerId, ifName }: AttachmentKey): string {
  return join(cacheDir, 'results', `${networkName}-${containerId}-${ifName}`);
}

export async function writeCached(cacheDir: string, cached: CachedAttachment, version: CniVersion): Promise<void> {
  await writeFileAtomic(cachePath(cacheDir, cached), encodeCachedAttachment(cached, version), { mode: 0o600 });
}

/** Undefined if nothing, or nothing that can be read, is cached. */
export async function readCached(cacheDir: string, key: AttachmentKey): Promise<CachedAttachment | undefined> {
  return await readOne(cachePath(cacheDir, key));
}

export async function dropCached(cacheDir: string, key: AttachmentKey): Promise<void> {
  await rm(cachePath(cacheDir, key), { force: true });
}

/** Everything that is attached to a network, by whichever runtime uses this cache. */
export async function listCached(cacheDir: string, networkName: string): Promise<readonly CachedAttachment[]> {
  const folder = join(cacheDir, 'results');
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw explainSystemError(error, 'reading', folder);
  }
  const candidates = names.filter((name) => name.startsWith(`${networkName}-`));
  if (candidates.length > cniLimits.files) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${folder} has more than ${cniLimits.files} results of ${networkName}`);
  }
  const found: CachedAttachment[] = [];
  for (const name of candidates.sort()) {
    const cached = await readOne(join(folder, name));
    if (cached?.networkName === networkName) found.push(cached);
  }
  return found;
}

async function readOne(path: string): Promise<CachedAttachment | undefined> {
  try {
    return parseCachedAttachment(await readBounded(path, cniLimits.bytes));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || isFirekilnError(error, 'LIMIT_EXCEEDED')) return undefined;
    throw error;
  }
}
