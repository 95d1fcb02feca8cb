import { access, constants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError, throwIfAborted } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines, type ProcessResult, type RunningProcess, startProcess } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';
import { ConsoleRing } from '../console-ring.ts';
import { consoleLines } from '../console-tail.ts';
import type { Machine, MachineEnd, MachineSpec } from '../driver.ts';
import { findKernelPanic } from '../kernel-panic.ts';
import { MachineLife } from '../machine-life.ts';
import { type QemuFiles, qemuArguments } from './command-line.ts';
import { ControlPort } from './control-port.ts';
import { joinInitrds } from './join-initrds.ts';
import type { QemuDriverOptions } from './qemu-driver.ts';
import { QmpClient, type QmpEvent } from './qmp-client.ts';

const names = { control: 'control.sock', qmp: 'qmp.sock', initrd: 'initrd' } as const;

/** The sockets that a machine makes in its run folder. */
export const socketNames: readonly string[] = [names.control, names.qmp];

/** From the start of QEMU until it takes commands; it takes 0.1 s on an idle host. */
const startDeadlineMs = 60_000;
const termGraceMs = 3000;

export class QemuMachine implements Machine {
  readonly id: string;
  readonly #spec: MachineSpec;
  readonly #options: QemuDriverOptions;
  readonly #life: MachineLife;
  readonly #ring = new ConsoleRing();
  readonly #port: ControlPort;
  readonly #files: QemuFiles;
  #process: RunningProcess | undefined;
  #qmp: QmpClient | undefined;
  /** Settles when the start, if there was one, is over. */
  #started: Promise<unknown> = Promise.resolve();
  #shutdownReason: string | undefined;
  #panic: string | undefined;

  constructor(spec: MachineSpec, options: QemuDriverOptions) {
    this.id = spec.id;
    this.#spec = spec;
    this.#options = options;
    this.#life = new MachineLife(spec.id);
    this.#files = {
      kernel: spec.kernel.pvh === true ? spec.kernel.vmlinux : (spec.kernel.bzImage ?? spec.kernel.vmlinux),
      initrd: spec.initrds.length > 1 ? join(spec.runDir, names.initrd) : spec.initrds[0],
      controlSocket: join(spec.runDir, names.control),
      qmpSocket: join(spec.runDir, names.qmp),
    };
    this.#port = new ControlPort(this.#files.controlSocket, spec.id);
  }

  get state(): Machine['state'] {
    return this.#life.state;
  }

  get ended(): Promise<MachineEnd> {
    return this.#life.ended;
  }

  get pid(): number | undefined {
    return this.#life.state === 'running' ? this.#process?.pid : undefined;
  }

  async start(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal, `starting the machine ${this.id}`);
    this.#life.beginStart();
    const started = this.#boot(signal);
    this.#started = started.catch(() => {});
    await started;
  }

  async dial(options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    this.#life.requireRunning();
    return await this.#port.dial(options.signal);
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
    if (graceMs > 0 && this.#qmp !== undefined) {
      await this.#qmp.execute('system_powerdown').catch(() => {});
      await Promise.race([this.ended, sleep(graceMs, undefined, { ref: false })]);
    }
    if (this.#life.end === undefined) process.kill('SIGTERM');
    await Promise.race([this.ended, sleep(termGraceMs, undefined, { ref: false })]);
    if (this.#life.end === undefined) process.kill('SIGKILL');
    return await this.ended;
  }

  async destroy(): Promise<void> {
    await this.stop();
    await this.#started;
    this.#life.destroyed();
    await this.#removeFiles();
  }

  async #boot(signal: AbortSignal | undefined): Promise<void> {
    const { runDir, initrds } = this.#spec;
    try {
      await this.#requireFiles();
      if (initrds.length > 1) await joinInitrds(initrds, join(runDir, names.initrd));
      throwIfAborted(signal, `starting the machine ${this.id}`);
      if (this.#life.stopAsked) throw this.#stoppedMeanwhile();
      this.#process = await startProcess(this.#options.binary, {
        args: qemuArguments(this.#spec, this.#options.acceleration, this.#files),
        env: { PATH: process.env.PATH, LANG: 'C' },
        stdout: { each: (chunk) => this.#ring.write(chunk) },
        maxOutputBytes: 64 << 10,
        dieWithParent: true,
      });
    } catch (error) {
      this.#life.finish({ reason: 'vmm-failed', detail: error instanceof Error ? error.message : String(error) });
      await this.#removeFiles();
      throw error;
    }
    const ended = this.#process.result.then((result) => this.#onExit(result));
    const qmp = await this.#connectQmp(ended, signal);
    // Only now, so that no event of the guest can be missed.
    await qmp.execute('cont');
    this.#life.running();
  }

  /** QEMU takes commands once all devices are made; if it ends before, its last words are the error. */
  async #connectQmp(ended: Promise<MachineEnd>, signal: AbortSignal | undefined): Promise<QmpClient> {
    const deadline = performance.now() + startDeadlineMs;
    for (;;) {
      try {
        this.#qmp = await QmpClient.connect(this.#files.qmpSocket, (event) => this.#onEvent(event));
        return this.#qmp;
      } catch (error) {
        if (systemCode(error) === undefined && this.#life.end === undefined) await Promise.race([ended, sleep(50)]);
      }
      if (this.#life.end !== undefined) {
        if (this.#life.stopAsked) throw this.#stoppedMeanwhile();
        throw new FirekilnError('VM_START_FAILED', `the machine ${this.id} could not be started`, {
          details: [this.#life.end.detail, ...consoleLines(this.consoleTail())],
        });
      }
      if (signal?.aborted || performance.now() > deadline) {
        this.#life.askToStop('the start was given up');
        this.#process?.kill('SIGKILL');
        await ended;
        if (signal?.aborted) throw abortError(signal, `starting the machine ${this.id}`);
        throw new FirekilnError(
          'TIMEOUT',
          `starting the machine ${this.id}: QEMU took no commands for ${startDeadlineMs / 1000} s`,
          { details: consoleLines(this.consoleTail()) },
        );
      }
      await Promise.race([ended, sleep(10)]);
    }
  }

  #stoppedMeanwhile(): FirekilnError {
    return new FirekilnError('VM_ENDED', `the machine ${this.id} was stopped while it started`);
  }

  #onEvent({ event, data }: QmpEvent): void {
    if (event === 'VSERPORT_CHANGE' && data.open === false) void this.#endStreamIfPortClosed();
    else if (event === 'SHUTDOWN' && typeof data.reason === 'string') this.#shutdownReason = data.reason;
  }

  /**
   * The guest's server has ended, so does the stream. QEMU sends at most one such event per second, the last, so a port
   * that is opened again at once is not noticed here, and the event may be old.
   */
  async #endStreamIfPortClosed(): Promise<void> {
    const stream = this.#port.current;
    const devices = await this.#qmp?.execute('query-chardev').catch(() => undefined);
    const port = (devices as { label: string; 'frontend-open': boolean }[] | undefined)?.find(
      ({ label }) => label === 'control',
    );
    if (port?.['frontend-open'] === false) stream?.destroy();
  }

  async #onExit(result: ProcessResult): Promise<MachineEnd> {
    this.#qmp?.close();
    this.#port.end();
    await this.#removeFiles();
    return this.#life.finish(this.#describeEnd(result));
  }

  #describeEnd(result: ProcessResult): MachineEnd {
    this.#panic = findKernelPanic(this.consoleTail());
    const byHost = this.#shutdownReason?.startsWith('host-') === true;
    if (result.exitCode === 0 && !byHost && this.#panic !== undefined) return { reason: 'panic', detail: this.#panic };
    if (result.exitCode === 0 && this.#shutdownReason?.startsWith('guest-') === true) {
      return { reason: 'guest', detail: this.#shutdownReason };
    }
    if (this.#life.stopAsked) return this.#life.finishStopped();
    if (result.exitCode === 0 && !byHost) return { reason: 'guest', detail: 'the guest ended the machine' };
    const how = result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
    const words = lastLines(result.stderr, 5).join('; ');
    return { reason: 'vmm-failed', detail: `QEMU ended with ${how}${words === '' ? '' : `: ${words}`}` };
  }

  async #requireFiles(): Promise<void> {
    const { kernel } = this.#files;
    const files = [kernel, ...this.#spec.initrds, ...this.#spec.drives.map((drive) => drive.path)];
    for (const path of files) {
      try {
        await access(path, constants.R_OK);
      } catch (error) {
        throw new FirekilnError('VM_START_FAILED', `the machine ${this.id} can not be started: can't read ${path}`, {
          cause: error,
        });
      }
    }
  }

  async #removeFiles(): Promise<void> {
    for (const name of Object.values(names)) await rm(join(this.#spec.runDir, name), { force: true });
  }
}
