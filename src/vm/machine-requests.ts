import { setTimeout as sleep } from 'node:timers/promises';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { MachineChange, MachineFacts, SnapshotFacts, SnapshotOptions } from './machine-controls.ts';
import type { MachineLife } from './machine-life.ts';

/** What not every VMM can do with a machine that runs. */
export interface VmmRequests {
  /** For messages. */
  readonly name: string;
  /** Absent where {@link DriverCapabilities.pause} is false. */
  readonly pause?: (signal: AbortSignal | undefined) => Promise<void>;
  readonly resume?: (signal: AbortSignal | undefined) => Promise<void>;
  /** Why this VMM can pause for a snapshot only, if it is so. Asked when the machine has started. */
  readonly pauseFault?: () => string | undefined;
  /** Of a paused machine. Absent where {@link DriverCapabilities.snapshot} is false. */
  readonly snapshot?: (options: SnapshotOptions) => Promise<SnapshotFacts>;
  /** Absent where {@link DriverCapabilities.inspect} is false. */
  readonly change?: (change: MachineChange, signal: AbortSignal | undefined) => Promise<void>;
  readonly inspect?: (signal: AbortSignal | undefined) => Promise<MachineFacts>;
}

/** What can be asked of a machine while it runs: legal states, and what its VMM can't. See {@link Machine}. */
export class MachineRequests {
  readonly #vmm: VmmRequests;
  readonly #life: MachineLife;

  constructor(vmm: VmmRequests, life: MachineLife) {
    this.#vmm = vmm;
    this.#life = life;
  }

  async pause(signal?: AbortSignal): Promise<void> {
    if (this.#life.isStarted) {
      const fault = this.#vmm.pauseFault?.();
      if (fault !== undefined) {
        throw new FirekilnError('VM_UNSUPPORTED', `machine ${this.#life.id}: ${fault}`, {
          hint: 'A snapshot pauses it and lets it go on.',
        });
      }
    }
    await this.#pause(signal);
  }

  async #pause(signal: AbortSignal | undefined): Promise<void> {
    await this.#asked('pausing', this.#vmm.pause, async (pause) => {
      await pause.call(this.#vmm, signal);
      this.#life.setPaused(true);
    });
  }

  async resume(signal?: AbortSignal): Promise<void> {
    await this.#asked('resuming', this.#vmm.resume, async (resume) => {
      await resume.call(this.#vmm, signal);
      this.#life.setPaused(false);
    });
  }

  async snapshot(options: SnapshotOptions): Promise<SnapshotFacts> {
    return await this.#asked('snapshots', this.#vmm.snapshot, async (snapshot) => {
      if (options.holdsSecrets) {
        throw new FirekilnError(
          'SNAPSHOT_REFUSED',
          `no snapshot of the machine ${this.#life.id}: its memory holds secrets`,
          {
            hint: 'Take it before secrets are handed to the guest, or after they were taken from it.',
          },
        );
      }
      const wasRunning = this.#life.state === 'running';
      await this.#pause(options.signal);
      try {
        return await snapshot.call(this.#vmm, options);
      } finally {
        if (wasRunning && this.#life.isStarted) await this.resume();
      }
    });
  }

  async change(change: MachineChange, signal?: AbortSignal): Promise<void> {
    await this.#asked('changes while a machine runs', this.#vmm.change, async (make) => {
      await make.call(this.#vmm, change, signal);
    });
  }

  async inspect(signal?: AbortSignal): Promise<MachineFacts> {
    return await this.#asked('facts about a running machine', this.#vmm.inspect, async (inspect) => {
      return await inspect.call(this.#vmm, signal);
    });
  }

  /** Does something that not every VMM can, with a machine that has started. */
  async #asked<F, T>(what: string, method: F | undefined, act: (method: F) => Promise<T>): Promise<T> {
    if (method === undefined) {
      throw new FirekilnError('VM_UNSUPPORTED', `machine ${this.#life.id}: ${this.#vmm.name} has no ${what}`);
    }
    this.#life.requireStarted();
    try {
      return await act(method);
    } catch (error) {
      // The VMM's death is told as such, not as an unanswered request.
      if (isFirekilnError(error, 'VMM_SILENT')) await Promise.race([this.#life.ended, sleep(200)]);
      this.#life.requireStarted();
      throw error;
    }
  }
}
