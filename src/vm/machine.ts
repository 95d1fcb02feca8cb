import { constants as fsConstants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError, throwIfAborted } from '../base/abort.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { type RunningProcess, startProcess } from '../base/process.ts';
import type { ProcessResult } from '../base/process-result.ts';
import { ConsoleRing } from './console-ring.ts';
import { consoleLines } from './console-tail.ts';
import { describeEnd } from './describe-end.ts';
import type { Machine, MachineEnd, MachineSpec } from './driver.ts';
import type { MachineChange, MachineFacts, SnapshotFacts, SnapshotOptions } from './machine-controls.ts';
import { MachineLife } from './machine-life.ts';
import { MachineRequests, type VmmRequests } from './machine-requests.ts';
import { PowerOffWatch } from './power-off-watch.ts';

/** What to run. */
export interface VmmCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Descriptors from 3 on. */
  readonly extraFds?: readonly number[];
  readonly identity?: { readonly uid: number; readonly gid: number } | undefined;
  /** Called once, when the process has its descriptors, or could not be started. */
  started?(): Promise<void>;
}

/** What differs between VMMs that are one process per machine; {@link VmmMachine} is the rest of the machine. */
export interface Vmm extends VmmRequests {
  /** What {@link MachineSpec.kernel} holds for this VMM. */
  readonly kernel: string;
  /** Writes the files that the VMM needs, and says what to run. The guest's console is its standard output. */
  prepare(): Promise<VmmCommand>;
  /** Resolves when the guest runs. The signal aborts when the process ends or the start is given up. */
  boot(signal: AbortSignal): Promise<void>;
  dial(options: { readonly port?: number; readonly signal?: AbortSignal }): Promise<Duplex>;
  /** It runs on when its guest has powered off. */
  readonly outlivesGuest?: boolean;
  /** The VMM's own process, where the one that was started is its parent. Asked when the guest runs. */
  findPid?(started: number): Promise<number>;
  /** Asks the guest to end by itself, as far as it listens. */
  pressButton(): Promise<void>;
  /** The process has ended: connections are closed. */
  exited(): void;
  /** Removes what `prepare` and the VMM have made. No process is left; safe twice, also after a failed `prepare`. */
  clean(): Promise<void>;
  /** Whether, as the VMM told, the guest ended it; undefined if it told nothing. */
  readonly endedByGuest: boolean | undefined;
}

/** From the start of the process until the guest runs: 0.2 s on an idle host, much more where many start at once. */
const startDeadlineMs = 180_000;
const termGraceMs = 3000;

/** A machine around the process of any VMM: order of states, deadlines, what is left when it ends. */
export class VmmMachine implements Machine {
  readonly id: string;
  readonly #spec: MachineSpec;
  readonly #vmm: Vmm;
  readonly #life: MachineLife;
  readonly #requests: MachineRequests;
  readonly #ring = new ConsoleRing();
  #process: RunningProcess | undefined;
  #pid: number | undefined;
  #guestIsOff = false;
  /** Settles when the start, if there was one, is over. */
  #started: Promise<unknown> = Promise.resolve();

  constructor(spec: MachineSpec, vmm: Vmm) {
    this.id = spec.id;
    this.#spec = spec;
    this.#vmm = vmm;
    this.#life = new MachineLife(spec.id);
    this.#requests = new MachineRequests(vmm, this.#life);
  }

  get state(): Machine['state'] {
    return this.#life.state;
  }

  get ended(): Promise<MachineEnd> {
    return this.#life.ended;
  }

  get pid(): number | undefined {
    return this.#life.isStarted ? this.#pid : undefined;
  }

  async start(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, `starting the machine ${this.id}`);
    this.#life.beginStart();
    const started = this.#boot(signal);
    this.#started = started.catch(() => {});
    await started;
  }

  async dial(options: { readonly port?: number; readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    this.#life.requireRunning();
    throwIfAborted(options.signal, `dialling the machine ${this.id}`);
    return await this.#vmm.dial(options);
  }

  async pause(signal?: AbortSignal): Promise<void> {
    await this.#requests.pause(signal);
  }

  async resume(signal?: AbortSignal): Promise<void> {
    await this.#requests.resume(signal);
  }

  async snapshot(options: SnapshotOptions): Promise<SnapshotFacts> {
    return await this.#requests.snapshot(options);
  }

  async change(change: MachineChange, signal?: AbortSignal): Promise<void> {
    await this.#requests.change(change, signal);
  }

  async inspect(signal?: AbortSignal): Promise<MachineFacts> {
    return await this.#requests.inspect(signal);
  }

  consoleTail(): string {
    return this.#ring.tail();
  }

  onConsole(listener: (chunk: Buffer) => void): () => void {
    return this.#ring.listen(listener);
  }

  async stop({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<MachineEnd> {
    this.#life.askToStop('stopped on request');
    if (this.#life.end !== undefined) return this.#life.end;
    if (this.#process === undefined) await this.#started;
    const process = this.#process;
    if (process === undefined) return this.#life.finishStopped();
    if (graceMs > 0 && this.#life.state === 'running') {
      await this.#vmm.pressButton().catch(() => {});
      await this.#endsWithin(graceMs);
    }
    if (this.#life.end === undefined) process.kill('SIGTERM');
    await this.#endsWithin(termGraceMs);
    if (this.#life.end === undefined) process.kill('SIGKILL');
    return await this.ended;
  }

  async destroy(): Promise<void> {
    await this.stop();
    await this.#started;
    this.#life.destroyed();
    await this.#vmm.clean();
  }

  async #boot(signal: AbortSignal | undefined): Promise<void> {
    let ended: Promise<MachineEnd>;
    try {
      await this.#requireFiles();
      const prepared = await this.#vmm.prepare();
      try {
        throwIfAborted(signal, `starting the machine ${this.id}`);
        if (this.#life.stopAsked) throw this.#stoppedMeanwhile();
        this.#process = await this.#spawn(prepared);
      } finally {
        await prepared.started?.();
      }
      ended = this.#process.result.then(async (result) => await this.#onExit(result));
    } catch (error) {
      await this.#vmm.clean();
      if (this.#life.stopAsked) this.#life.finishStopped();
      else this.#life.finish({ reason: 'vmm-failed', detail: error instanceof Error ? error.message : String(error) });
      throw error;
    }
    await this.#untilGuestRuns(ended, signal);
    const { pid } = this.#process;
    this.#pid = (await this.#vmm.findPid?.(pid)) ?? pid;
    this.#life.running();
    if (this.#spec.restore?.paused === true) this.#life.setPaused(true);
    if (this.#vmm.outlivesGuest) void this.#watchPowerOff(this.#process, this.#pid);
  }

  async #spawn({ command, args, cwd, extraFds, identity }: VmmCommand): Promise<RunningProcess> {
    return await startProcess(command, {
      args,
      env: { PATH: process.env.PATH, LANG: 'C' },
      stdout: { each: (chunk) => this.#ring.write(chunk) },
      maxOutputBytes: 64 << 10,
      dieWithParent: true,
      ...(cwd === undefined ? {} : { cwd }),
      ...(extraFds === undefined ? {} : { extraFds }),
      ...identity,
    });
  }

  async #untilGuestRuns(ended: Promise<MachineEnd>, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const deadline = AbortSignal.timeout(startDeadlineMs);
    const limits = [over.signal, deadline, ...(signal === undefined ? [] : [signal])];
    void ended.then(() => over.abort());
    try {
      await this.#vmm.boot(AbortSignal.any(limits));
    } catch (error) {
      if (this.#life.end === undefined && !signal?.aborted && !deadline.aborted) await this.#endsWithin(200);
      const end = this.#life.end;
      if (end === undefined) this.#process?.kill('SIGKILL');
      await ended;
      const shown = consoleLines(this.consoleTail());
      if (signal?.aborted) throw abortError(signal, `starting the machine ${this.id}`);
      if (this.#life.stopAsked) throw this.#stoppedMeanwhile();
      if (isFirekilnError(error, 'VMM_OUTDATED') || isFirekilnError(error, 'SNAPSHOT_INCOMPATIBLE')) throw error;
      const doing = `starting the machine ${this.id}`;
      if (deadline.aborted) {
        const message = `${doing}: no guest ran in ${this.#vmm.name} after ${startDeadlineMs / 1000} s`;
        throw new FirekilnError('TIMEOUT', message, { details: shown });
      }
      throw new FirekilnError('VM_START_FAILED', `${doing} failed`, {
        details: [end?.detail ?? (error instanceof Error ? error.message : String(error)), ...shown],
        cause: error,
      });
    }
  }

  #stoppedMeanwhile(): FirekilnError {
    return new FirekilnError('VM_ENDED', `the machine ${this.id} was stopped while it started`);
  }

  async #endsWithin(ms: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.ended, sleep(ms, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
  }

  async #watchPowerOff(process: RunningProcess, pid: number): Promise<void> {
    const over = new AbortController();
    void this.ended.then(() => over.abort());
    const watch = new PowerOffWatch();
    watch.hear(Buffer.from(this.consoleTail()));
    const unlisten = this.onConsole((chunk) => watch.hear(chunk));
    this.#guestIsOff = await watch.isOff(pid, over.signal);
    unlisten();
    if (this.#guestIsOff) process.kill('SIGKILL');
  }

  async #onExit(result: ProcessResult): Promise<MachineEnd> {
    this.#vmm.exited();
    await this.#vmm.clean().catch((error: unknown) => {
      this.#spec.emitter.message('warn', `the machine ${this.id} has left something: ${String(error)}`);
    });
    if (this.#guestIsOff) return this.#life.finish({ reason: 'guest', detail: 'the guest powered off' });
    const { name, endedByGuest } = this.#vmm;
    const end = describeEnd({ vmm: name, result, console: this.consoleTail(), endedByGuest });
    const isGuests = end.reason === 'panic' || (end.reason === 'guest' && endedByGuest === true);
    return this.#life.stopAsked && !isGuests ? this.#life.finishStopped() : this.#life.finish(end);
  }

  async #requireFiles(): Promise<void> {
    const { restore, initrds, drives } = this.#spec;
    const booted = restore === undefined ? [this.#vmm.kernel, ...initrds] : [];
    const files = [...booted, ...drives.map((drive) => drive.path)];
    for (const path of files) {
      try {
        await access(path, fsConstants.R_OK);
      } catch (error) {
        throw new FirekilnError('VM_START_FAILED', `the machine ${this.id} can not be started: can't read ${path}`, {
          cause: error,
        });
      }
    }
  }
}
