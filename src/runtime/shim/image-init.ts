import type { Guest } from '../../guest/guest.ts';
import type { Entrypoint } from './entrypoint.ts';

const sigkill = 9;
/** Linux, kernel/reboot.c: the last words of a kernel that does not reset the machine. */
const lastWords = /reboot: (?:Power down|System halted)/;

/**
 * The image's init as process 1 of its VM. Its output is the console; it has no input, and no exit code: it ends with the
 * machine.
 */
export class ImageInit implements Entrypoint {
  readonly ended: Promise<undefined>;
  poweredOff = false;
  readonly #guest: Guest;
  #tail = '';

  constructor(guest: Guest, onOutput: (data: Buffer) => void) {
    this.#guest = guest;
    const { machine } = guest;
    const stopListening = machine.onConsole((chunk) => {
      onOutput(chunk);
      this.#watch(chunk);
    });
    this.ended = machine.ended.then(() => {
      stopListening();
      return undefined;
    });
  }

  write(): boolean {
    return true;
  }

  endInput(): void {}

  onDrain(): void {}

  /** A console is never held up. */
  pause(): void {}

  resume(): void {}

  resize(): void {}

  /** Process 1 can't be killed: the machine is. */
  async signal(number: number, signal?: AbortSignal): Promise<boolean> {
    if (number === sigkill) {
      await this.#guest.machine.stop();
      return true;
    }
    const { exitCode } = await this.#guest.exec(`exec kill -${number} 1`, { signal });
    return exitCode === 0;
  }

  /** A power-off or a halt does not end every VMM. */
  #watch(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.toString('latin1')).slice(-200);
    if (this.poweredOff || !lastWords.test(this.#tail)) return;
    this.poweredOff = true;
    void this.#guest.machine.stop().catch(() => {});
  }
}
