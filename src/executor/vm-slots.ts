import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { delay, throwIfAborted } from '../base/abort.ts';
import type { Emitter } from '../base/events.ts';
import { FileLock } from '../base/lock.ts';
import { explainSystemError } from '../base/system-error.ts';

export interface VmResources {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

export interface SlotOptions {
  /** Told once if there is no room yet. */
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

/** Keeps the virtual machines that run at the same time within what the host has. */
export interface VmSlots {
  /**
   * Waits until there is room, those who came first before others; disposing gives it back, and so does the end of the
   * process. What is more than there is in all gets in when nothing else runs. Rejects with ABORTED, PERMISSION.
   */
  acquire(wanted: VmResources, options: SlotOptions): Promise<Disposable>;
}

export interface VmSlotsOptions {
  /** What all machines may have together. */
  readonly limit: VmResources;
  /** Shared by all processes that are to keep within the limit; made if it is not there. */
  readonly folder: string;
}

const doing = 'waiting for room for a virtual machine';
const firstPauseMs = 10;
const longestPauseMs = 200;
const maxMemoryUnits = 512;
const minMemoryUnitMiB = 64;
/** Of the first byte that stands for memory; those before stand for cores. */
const memoryOffset = 1 << 20;

/**
 * Slots of all processes that name the same folder. Each core and each piece of memory is a byte of one file, and who
 * has it holds a lock on that byte (fcntl(2) F_OFD_SETLK): what a killed process had is free at once.
 */
export function createVmSlots({ limit, folder }: VmSlotsOptions): VmSlots {
  const unitMiB = Math.max(minMemoryUnitMiB, Math.ceil(limit.memoryMiB / maxMemoryUnits));
  const cores = Math.max(1, limit.vcpus);
  const pieces = Math.max(1, Math.floor(limit.memoryMiB / unitMiB));
  const units = join(folder, 'units');

  /** The descriptor that holds what is wanted; undefined if there is too little. */
  function take(wanted: VmResources): number | undefined {
    const wantedCores = Math.min(wanted.vcpus, cores);
    const wantedPieces = Math.min(Math.ceil(wanted.memoryMiB / unitMiB), pieces);
    const fd = openSync(units, 'a+', 0o600);
    try {
      const all =
        lockUnits(fd, 0, cores, wantedCores) === wantedCores &&
        lockUnits(fd, memoryOffset, pieces, wantedPieces) === wantedPieces;
      if (all) return fd;
      closeSync(fd);
      return undefined;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  return {
    acquire: async (wanted, { emitter, signal }) => {
      let told = false;
      const tell = (why: string) => {
        if (!told) emitter.message('info', `${doing} (${shown(wanted)}): ${why}`);
        told = true;
      };
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        // One tries at a time, so that two don't hold a part each, and the small ones don't keep out the large one.
        await using _turn = await FileLock.acquire(join(folder, 'turn'), {
          signal,
          onWait: () => tell('others wait already'),
        });
        for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
          throwIfAborted(signal, doing);
          const taken = take(wanted);
          if (taken !== undefined) return slot(taken);
          tell(`of ${shown({ vcpus: cores, memoryMiB: pieces * unitMiB })} for builds too little is free`);
          await delay(pause, signal);
        }
      } catch (error) {
        throw explainSystemError(error, 'locking', folder);
      }
    },
  };
}

/** How many of `count` bytes from `offset` on could be locked, at most `wanted`. */
function lockUnits(fd: number, offset: number, count: number, wanted: number): number {
  let locked = 0;
  for (let i = 0; i < count && locked < wanted; i++) if (tryLock(fd, offset + i, 1)) locked++;
  return locked;
}

function slot(fd: number): Disposable {
  let held = true;
  return {
    [Symbol.dispose]: () => {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function shown({ vcpus, memoryMiB }: VmResources): string {
  return `${vcpus} ${vcpus === 1 ? 'core' : 'cores'}, ${memoryMiB} MiB`;
}
