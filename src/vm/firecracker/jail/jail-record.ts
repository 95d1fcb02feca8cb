import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../../../base/atomic-file.ts';
import { FileLock } from '../../../base/lock.ts';
import { systemCode } from '../../../base/system-error.ts';
import { processesIn, removeCgroups } from './cgroup-folders.ts';
import { removeJailFolder } from './jail-folder.ts';
import { processesOf } from './processes.ts';

/** What a jail has on its host: written before it is made, so that another process can remove it. */
export interface JailRecord {
  readonly machineId: string;
  readonly folder: string;
  readonly cgroups: readonly string[];
}

const suffix = '.json';
const lockSuffix = '.lock';
/** Who reclaims jails holds the lock of each for a moment, also of one that is just being made. */
const ownerDeadlineMs = 2000;
const killDeadlineMs = 30_000;
const pauseMs = 10;

function recordPath(stateDir: string, machineId: string): string {
  return join(stateDir, `${machineId}${suffix}`);
}

/** Held by the process whose machine it is; undefined if there is another one. */
export async function lockJail(stateDir: string, machineId: string): Promise<FileLock | undefined> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  return await FileLock.acquireWithin(lockPath(stateDir, machineId), ownerDeadlineMs);
}

function lockPath(stateDir: string, machineId: string): string {
  return join(stateDir, `${machineId}${lockSuffix}`);
}

export async function writeRecord(stateDir: string, record: JailRecord): Promise<void> {
  await writeFileAtomic(recordPath(stateDir, record.machineId), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

export async function readRecord(stateDir: string, machineId: string): Promise<JailRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(stateDir, machineId), 'utf8')) as JailRecord;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes a jail and its record, as who holds its lock: ends what is left of its processes first. Safe twice. Those of
 * another owner, who was killed at any moment, are looked for among all processes.
 */
export async function removeJail(
  stateDir: string,
  record: JailRecord,
  { isOwn }: { readonly isOwn: boolean },
): Promise<void> {
  await killProcesses(record, isOwn && record.cgroups.length > 0);
  await removeJailFolder(record.folder);
  await removeCgroups(record.cgroups);
  await rm(recordPath(stateDir, record.machineId), { force: true });
}

/** Removes the jails whose owner was killed; the ids of their machines. What fails is told, and stays on record. */
export async function reclaimJails(
  stateDir: string,
  onError: (machineId: string, error: unknown) => void,
): Promise<readonly string[]> {
  const names = await readdir(stateDir).catch(() => []);
  const ids = new Set(names.filter((name) => /\.(json|lock)$/.test(name)).map((name) => name.replace(/\.\w+$/, '')));
  const reclaimed: string[] = [];
  for (const id of ids) {
    const lock = await FileLock.tryAcquire(lockPath(stateDir, id));
    if (lock === undefined) continue;
    try {
      const record = await readRecord(stateDir, id);
      if (record === undefined) continue;
      await removeJail(stateDir, record, { isOwn: false });
      reclaimed.push(id);
    } catch (error) {
      onError(id, error);
    } finally {
      await lock.releaseAndRemove();
    }
  }
  return reclaimed;
}

async function killProcesses({ machineId, cgroups }: JailRecord, inCgroupsOnly: boolean): Promise<void> {
  const deadline = performance.now() + killDeadlineMs;
  for (;;) {
    const others = inCgroupsOnly ? [] : await processesOf(machineId);
    const pids = new Set([...(await processesIn(cgroups)), ...others]);
    if (pids.size === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`the processes ${[...pids].join(', ')} of the machine ${machineId} do not end`);
    }
    for (const pid of pids) kill(pid);
    await sleep(pauseMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
