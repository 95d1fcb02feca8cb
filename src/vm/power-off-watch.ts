import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The last words of a kernel that can do no more (kernel/reboot.c). A kernel that has no way to switch the machine off
 * halts instead.
 */
const lastWords = /reboot: (?:Power down|System halted|Power off not available: System halted instead)\s*$/;
const keptCharacters = 256;
const lookEveryMs = 1000;
/** In ticks of 10 ms of {@link lookEveryMs}: what an idle VMM may use. */
const idleTicks = 5;

/** Looks whether a guest has switched itself off, for VMMs that stay when it has. */
export class PowerOffWatch {
  #tail = '';
  #heard = 0;
  #onHeard = () => {};

  /** What the guest writes to its console. Anything can be written there; the processors tell whether it is true. */
  hear(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.toString('latin1')).slice(-keptCharacters);
    this.#heard += chunk.length;
    this.#onHeard();
  }

  /** Resolves with true once the kernel's last words are the console's, and `pid` does nothing; false if aborted. */
  async isOff(pid: number, signal: AbortSignal): Promise<boolean> {
    signal.addEventListener('abort', () => this.#onHeard(), { once: true });
    while (!signal.aborted) {
      if (!lastWords.test(this.#tail)) {
        await this.#more();
        continue;
      }
      const heard = this.#heard;
      const before = await ticksOf(pid);
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
      const after = await ticksOf(pid);
      const isIdle = before !== undefined && after !== undefined && after - before <= idleTicks;
      if (isIdle && heard === this.#heard) return !signal.aborted;
    }
    return false;
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onHeard = resolve;
    });
  }
}

/** proc_pid_stat(5): processor time of all threads, that of the guest included. */
async function ticksOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // After the command's name, which may have anything in it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields?.[11]), Number(fields?.[12])];
  return Number.isNaN(user + system) ? undefined : user + system;
}
