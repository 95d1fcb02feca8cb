import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Machine, MachineEnd } from './driver.ts';

/** The states of a machine and their order, the same for every driver. */
export class MachineLife {
  readonly id: string;
  readonly ended: Promise<MachineEnd>;
  #state: Machine['state'] = 'created';
  #starting = false;
  #end: MachineEnd | undefined;
  #stopReason: string | undefined;
  #resolve: (end: MachineEnd) => void = () => {};

  constructor(id: string) {
    this.id = id;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get state(): Machine['state'] {
    return this.#state;
  }

  get end(): MachineEnd | undefined {
    return this.#end;
  }

  /** True once `stop` or `destroy` was called. */
  get stopAsked(): boolean {
    return this.#stopReason !== undefined;
  }

  /** A machine is started once. */
  beginStart(): void {
    if (this.#state !== 'created' || this.#starting || this.#end !== undefined || this.stopAsked) {
      throw new Error(`machine ${this.id} can not be started: it is ${this.#starting ? 'starting' : this.#state}`);
    }
    this.#starting = true;
  }

  running(): void {
    if (this.#end === undefined) this.#state = 'running';
  }

  /** Only of a machine that runs or is paused. */
  setPaused(isPaused: boolean): void {
    if (this.isStarted) this.#state = isPaused ? 'paused' : 'running';
  }

  /** Running or paused. */
  get isStarted(): boolean {
    return this.#state === 'running' || this.#state === 'paused';
  }

  requireStarted(): void {
    if (!this.isStarted) this.requireRunning();
  }

  requireRunning(): void {
    if (this.#state === 'running') return;
    const how = this.#end === undefined ? '' : ` (${this.#end.reason}: ${this.#end.detail})`;
    throw new FirekilnError('VM_ENDED', `the machine ${this.id} is not running, it is ${this.#state}${how}`);
  }

  askToStop(why: string): void {
    this.#stopReason ??= why;
  }

  /** The first end counts; what ends after it was asked to stop was stopped, unless it was quicker. */
  finish(end: MachineEnd): MachineEnd {
    if (this.#end !== undefined) return this.#end;
    this.#end = end;
    if (this.#state !== 'destroyed') this.#state = 'ended';
    this.#resolve(end);
    return end;
  }

  /** The end of a machine of which no process is there. */
  finishStopped(): MachineEnd {
    return this.finish({ reason: 'stopped', detail: this.#stopReason ?? 'stopped' });
  }

  destroyed(): void {
    this.#state = 'destroyed';
  }
}
