import { abortError } from '../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Machine, MachineEnd } from '../vm/driver.ts';

const tailLines = 20;

const trialHint = '`firekiln doctor` boots a machine for a trial and says what is wrong.';
const slowHint = `${trialHint} On a slow host, give guests more time: boot_seconds below [vm] in config.toml.`;

/** Follows a guest's boot on its console, by the lines of guest/start. */
export class BootWatch {
  #stage = 'kernel';
  #failure: string | undefined;
  #end: MachineEnd | undefined;
  #isReady = false;
  #rest = '';
  readonly #machine: Machine;
  readonly #stop: () => void;
  #wake: () => void = () => {};

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#stop = machine.onConsole((chunk) => this.#read(chunk.toString('latin1')));
    void machine.ended.then((end) => {
      this.#end = end;
    });
  }

  /** Resolves at the ready line. Rejects if the guest says that it failed, if the machine ends, and on abort. */
  async ready(signal: AbortSignal): Promise<void> {
    const machine = this.#machine;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.#isReady) resolve();
        else if (this.#failure !== undefined) reject(this.#failed(`the guest says: ${this.#failure}`));
      };
      this.#wake = look;
      signal.addEventListener('abort', () => reject(abortError(signal, `booting the machine ${machine.id}`)), {
        once: true,
      });
      void machine.ended.then((end) => reject(this.#failed(ended(end))));
      look();
    });
  }

  /** The error of a boot that did not come to its end. */
  explain(error: unknown, deadlineMs: number | undefined): unknown {
    if (deadlineMs !== undefined) return this.#failed(`no answer within ${deadlineMs / 1000} s`, error, slowHint);
    if (this.#failure !== undefined) return this.#failed(`the guest says: ${this.#failure}`, error);
    // That nothing can be asked of it any more is no reason.
    if (isFirekilnError(error, 'VM_ENDED') && this.#end !== undefined) return this.#failed(ended(this.#end), error);
    // What a driver says of its VMM is said best by itself.
    if (isFirekilnError(error) && error.code !== 'SSH_FAILED') return error;
    return this.#failed(error instanceof Error ? error.message : String(error), error);
  }

  stop(): void {
    this.#stop();
  }

  #failed(why: string, cause?: unknown, hint = trialHint): FirekilnError {
    const { id } = this.#machine;
    const tail = this.#machine.consoleTail().replaceAll('\r', '').trimEnd();
    return new FirekilnError(
      'GUEST_BOOT_FAILED',
      `the machine ${id} did not come up; last stage: ${this.#stage}; ${why}`,
      {
        details: tail === '' ? ['(nothing on its console)'] : tail.split('\n').slice(-tailLines),
        hint,
        cause,
      },
    );
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-1000);
    for (const line of lines) {
      const [, word, what] = /firekiln: (stage|failed:|ready)\s*(.*?)\r?$/.exec(line) ?? [];
      if (word === 'stage') this.#stage = what ?? '';
      if (word === 'failed:') this.#failure ??= what;
      if (word === 'ready') this.#isReady = true;
    }
    this.#wake();
  }
}

function ended({ reason, detail }: MachineEnd): string {
  return `it ended: ${detail} (${reason})`;
}
