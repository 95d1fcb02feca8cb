import { abortError } from '../base/abort.ts';

export interface VmResources {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/** Keeps the virtual machines that run at the same time within what the host has. */
export interface VmSlots {
  /**
   * Waits until there is room, first come, first served; disposing gives it back. What is more than there is in all
   * gets in when nothing else runs. Rejects with ABORTED.
   */
  acquire(wanted: VmResources, signal?: AbortSignal): Promise<Disposable>;
}

interface Waiter {
  readonly wanted: VmResources;
  readonly enter: () => void;
}

export function createVmSlots(limit: VmResources): VmSlots {
  const waiting: Waiter[] = [];
  let running = 0;
  let vcpus = 0;
  let memoryMiB = 0;

  const fits = (wanted: VmResources) =>
    running === 0 || (vcpus + wanted.vcpus <= limit.vcpus && memoryMiB + wanted.memoryMiB <= limit.memoryMiB);

  function take(wanted: VmResources, sign: 1 | -1): void {
    running += sign;
    vcpus += sign * wanted.vcpus;
    memoryMiB += sign * wanted.memoryMiB;
  }

  function admit(): void {
    for (let first = waiting[0]; first !== undefined && fits(first.wanted); first = waiting[0]) {
      waiting.shift();
      take(first.wanted, 1);
      first.enter();
    }
  }

  return {
    acquire: async (wanted, signal) => {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          const at = waiting.indexOf(waiter);
          if (at >= 0) waiting.splice(at, 1);
          if (signal !== undefined) reject(abortError(signal, 'waiting for room for a virtual machine'));
          admit();
        };
        const waiter: Waiter = {
          wanted,
          enter: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        if (signal?.aborted) {
          reject(abortError(signal, 'waiting for room for a virtual machine'));
          return;
        }
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.push(waiter);
        admit();
      });
      let held = true;
      return {
        [Symbol.dispose]: () => {
          if (!held) return;
          held = false;
          take(wanted, -1);
          admit();
        },
      };
    },
  };
}
