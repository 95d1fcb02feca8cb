import { currentBootId } from '../../store/boot-id.ts';
import type { VmFolder } from '../record/vm-folder.ts';
import type { VmState } from '../record/vm-state.ts';

/** The state of the VM that this process owns; every change is written before it counts. */
export class StateKeeper {
  readonly #folder: VmFolder;
  #state: VmState = { status: 'created', bootId: currentBootId(), shimPid: process.pid };
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: VmFolder) {
    this.#folder = folder;
  }

  get current(): VmState {
    return this.#state;
  }

  async set(change: Partial<VmState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#writing = this.#writing.catch(() => {}).then(async () => await this.#folder.writeState(this.#state));
    await this.#writing;
  }
}
