import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { FileLock, withLock } from '../../base/lock.ts';
import { isCniName } from '../../formats/cni/cni-names.ts';
import type { CniResult } from '../../formats/cni/cni-result.ts';
import { type AttachRecord, listRecords, readRecord, recordPath } from './attach-record.ts';
import { checkChain, deleteChain } from './chain.ts';
import { isNetns, removeNetns } from './netns.ts';
import { dropCached, readCached } from './result-cache.ts';

/** Only who reclaims or has just lost the VM can be in the way. */
const ownerDeadlineMs = 60_000;
const ownerSuffix = '.owner';

/** VMs that are attached to CNI networks, by the records that their attachments keep in a folder. */
export class AttachedVms {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Path of a VM's record. Throws NETWORK_FAILED for what can't be an id: names of files are made of it. */
  recordPath(vmId: string): string {
    if (!/^[A-Za-z0-9-]{1,60}$/.test(vmId) || !isCniName(vmId)) {
      throw new FirekilnError('NETWORK_FAILED', `${JSON.stringify(vmId)} can not be the id of a VM`);
    }
    return recordPath(this.#stateDir, vmId);
  }

  /** Those that are attached, or were when something was killed. */
  async list(): Promise<readonly string[]> {
    return await listRecords(this.#stateDir);
  }

  /** Keeps other processes from attaching or detaching a VM. */
  async lock(vmId: string, signal?: AbortSignal): Promise<FileLock> {
    this.recordPath(vmId);
    await mkdir(this.#stateDir, { recursive: true, mode: 0o700 });
    return await FileLock.acquire(join(this.#stateDir, 'locks', `${vmId}.lock`), { signal });
  }

  /** Held by the process to which an attached VM belongs, until it is detached. */
  async own(vmId: string): Promise<FileLock> {
    this.recordPath(vmId);
    const lock = await FileLock.acquireWithin(this.#ownerPath(vmId), ownerDeadlineMs);
    if (lock !== undefined) return lock;
    throw new FirekilnError('NETWORK_FAILED', `the VM ${vmId} is attached to a CNI network by another process`);
  }

  /**
   * Undoes the attachments of VMs whose process is gone, and returns their ids; `onFailure` hears of those that could
   * not be undone.
   */
  async reclaim(onFailure: (vmId: string, error: unknown) => void): Promise<readonly string[]> {
    const reclaimed: string[] = [];
    for (const vmId of new Set([...(await this.list()), ...(await this.#owned())])) {
      const owner = await FileLock.tryAcquire(this.#ownerPath(vmId)).catch(() => undefined);
      if (owner === undefined) continue;
      try {
        await this.detach(vmId);
        reclaimed.push(vmId);
      } catch (error) {
        onFailure(vmId, error);
      } finally {
        await owner[Symbol.asyncDispose]();
      }
    }
    return reclaimed;
  }

  /** Also those whose attach was killed before it came to a record. */
  async #owned(): Promise<readonly string[]> {
    const names = await readdir(join(this.#stateDir, 'locks')).catch(() => []);
    return names.filter((name) => name.endsWith(ownerSuffix)).map((name) => name.slice(0, -ownerSuffix.length));
  }

  #ownerPath(vmId: string): string {
    return join(this.#stateDir, 'locks', `${vmId}${ownerSuffix}`);
  }

  /** Plugins race with themselves when they make what all VMs of a network share, such as iptables chains. */
  async alone<T>(network: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return await withLock(join(this.#stateDir, 'locks', `network-${network}.lock`), { signal }, work);
  }

  /** Asks the plugins whether what they made is still as it was. */
  async check(vmId: string, signal?: AbortSignal): Promise<void> {
    const record = await readRecord(this.recordPath(vmId));
    if (record === undefined) throw new FirekilnError('NETWORK_FAILED', `${vmId} is not attached to a CNI network`);
    await checkChain(record.run, await lastResult(record), signal);
  }

  /** Undoes an attach, whatever a killed one has left. Safe twice. */
  async detach(vmId: string): Promise<void> {
    const lock = await this.lock(vmId);
    try {
      await this.undo(vmId);
      await rm(this.#ownerPath(vmId), { force: true });
    } finally {
      await lock.releaseAndRemove();
    }
  }

  /** As {@link detach}, for who has the lock. */
  async undo(vmId: string): Promise<void> {
    const path = this.recordPath(vmId);
    const record = await readRecord(path);
    if (record === undefined) return;
    const { run, cacheDir } = record;
    const { network, containerId, netns, ifName } = run;
    const result = await lastResult(record);
    const isThere = await isNetns(netns);
    await this.alone(network.name, undefined, async () => {
      await deleteChain(isThere ? run : { ...run, netns: '' }, result);
    });
    await dropCached(cacheDir, { networkName: network.name, containerId, ifName });
    await removeNetns(netns);
    await rm(path, { force: true });
  }
}

async function lastResult({ run, cacheDir, result }: AttachRecord): Promise<CniResult | undefined> {
  if (result !== undefined) return result;
  const key = { networkName: run.network.name, containerId: run.containerId, ifName: run.ifName };
  return (await readCached(cacheDir, key))?.result;
}
