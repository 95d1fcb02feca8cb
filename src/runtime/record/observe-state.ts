import { rm } from 'node:fs/promises';
import { FileLock } from '../../base/lock.ts';
import { systemCode } from '../../base/system-error.ts';
import { currentBootId } from '../../store/boot-id.ts';
import type { VmFolder } from './vm-folder.ts';
import type { VmRecord } from './vm-record.ts';
import type { VmState } from './vm-state.ts';

/**
 * The state of a VM as it really is: what the shim wrote, unless the shim is gone without having said so. Then the VM
 * is gone with it (the VMM dies with its parent), which is noted, and what it left behind is removed.
 * Undefined for one that was removed meanwhile.
 */
export async function observeState(
  folder: VmFolder,
  record: VmRecord,
): Promise<{ readonly state: VmState; readonly alive: boolean } | undefined> {
  const lock = await tryShimLock(folder);
  if (lock === 'gone') return undefined;
  if (lock === undefined) return { state: await folder.readState(), alive: true };
  try {
    const state = await folder.readState();
    if (state.status === 'exited') return { state, alive: false };
    await rm(record.runDir, { recursive: true, force: true });
    await rm(folder.scratch, { force: true });
    const lost: VmState = { ...state, ...lostState(state) };
    await folder.writeState(lost);
    return { state: lost, alive: false };
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

/** The lock that a shim holds, shared, so that lookers don't disturb each other; undefined if the shim has it. */
export async function tryShimLock(folder: VmFolder): Promise<FileLock | 'gone' | undefined> {
  try {
    return await FileLock.tryAcquire(folder.lock, { shared: true, folder: 'there' });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'gone';
    throw error;
  }
}

function lostState(state: VmState): Partial<VmState> & Pick<VmState, 'status'> {
  const rebooted = state.bootId !== undefined && state.bootId !== currentBootId();
  const reason = rebooted
    ? 'the host was started anew while the VM ran'
    : state.status === 'created'
      ? 'the VM was never started'
      : 'the process that owned the VM was killed';
  return { status: 'exited', exitCode: 125, reason, finishedAt: Date.now(), unreclaimed: true };
}
