import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { type ControlPeer, serveControl } from '../control/control-server.ts';
import type { Notice, Request } from '../control/messages.ts';
import type { RuntimeEnvironment } from '../environment.ts';
import { consoleLimits, LogWriter } from '../log/log-writer.ts';
import type { ProcessConfig } from '../options/process-config.ts';
import { parseSignal } from '../options/signals.ts';
import { removeVmFolder } from '../record/remove-vm-folder.ts';
import { VmFolder } from '../record/vm-folder.ts';
import type { VmRecord } from '../record/vm-record.ts';
import { attachInput } from './attach-input.ts';
import { GuestProgram } from './guest-program.ts';
import { readAccounts } from './guest-setup.ts';
import { resolveUser } from './resolve-user.ts';
import { StateKeeper } from './state-keeper.ts';
import { liveVm, notRunning, openOutput, type RunningVm, type VmEnd } from './vm-life.ts';

/** From the start of a shim until somebody asks it to start its VM. */
const startWithinMs = 180_000;
/** A stop that nobody gave a time for. An init of the image's own has all its services to stop, as long as systemd lets them. */
const defaultGraceMs = { firekiln: 10_000, image: 90_000 } as const;
/** From SIGKILL to the entrypoint until the VM is taken away from under it. */
const killWithinMs = 5000;
const sigkill = 9;

/**
 * The life of a shim: it owns one VM, from the request to start it until nothing of it is left but its record. An
 * abort of `signal` stops the VM as `firekiln stop` does.
 */
export async function runShim(env: RuntimeEnvironment, path: string, signal: AbortSignal): Promise<void> {
  const folder = new VmFolder(path, basename(path));
  const record = await folder.readRecord();
  if (record === undefined) throw new FirekilnError('VM_NOT_FOUND', `${path} is no folder of a VM`);
  const shim = new Shim(env, folder, record);
  const server = await serveControl(record.runDir, async (request, peer) => await shim.serve(request, peer));
  const unclaimed = setTimeout(() => shim.giveUp(), startWithinMs);
  signal.addEventListener('abort', () => void shim.stop(undefined, undefined), { once: true });
  try {
    await shim.over;
  } finally {
    clearTimeout(unclaimed);
    await Promise.race([server.drained(), new Promise((resolve) => setTimeout(resolve, 5000))]);
    await server[Symbol.asyncDispose]();
  }
}

class Shim {
  readonly #env: RuntimeEnvironment;
  readonly #folder: VmFolder;
  readonly #record: VmRecord;
  readonly #state: StateKeeper;
  readonly #abort = new AbortController();
  readonly #running = Promise.withResolvers<RunningVm>();
  readonly #over = Promise.withResolvers<VmEnd>();
  readonly #output: ReturnType<typeof openOutput>;
  #process: ProcessConfig | undefined;
  #vm: RunningVm | undefined;
  #slots = 0;

  constructor(env: RuntimeEnvironment, folder: VmFolder, record: VmRecord) {
    this.#env = env;
    this.#folder = folder;
    this.#record = record;
    this.#state = new StateKeeper(folder);
    this.#output = openOutput(folder);
    this.#running.promise.catch(() => {});
  }

  /** Resolves when nothing is left of the VM. */
  get over(): Promise<VmEnd> {
    return this.#over.promise;
  }

  giveUp(): void {
    if (this.#process === undefined) void this.#finish({ exitCode: 125, reason: 'the VM was never started' }, true);
  }

  async serve(request: Request, peer: ControlPeer): Promise<void> {
    switch (request.op) {
      case 'start':
        return await this.#start(request, peer);
      case 'exec':
        return await this.#exec(request, peer);
      case 'wait':
        peer.answer({ event: 'ended', ...(await this.over) });
        return;
      case 'signal':
        await this.signal(parseSignal(request.signal, 'signal'));
        peer.answer({ event: 'done' });
        return;
      case 'stop':
        peer.answer({ event: 'ended', ...(await this.stop(request.signal, request.graceMs)) });
        return;
      case 'state':
        peer.answer({ event: 'state', state: this.#state.current, env: this.#process?.env ?? [] });
        return;
    }
  }

  /** To the entrypoint. Before it runs, what would end it ends the boot. */
  async signal(number: number): Promise<void> {
    if (this.#vm === undefined) {
      this.#abort.abort(
        new FirekilnError('ABORTED', 'the VM was stopped before it was up', { exitCode: 128 + number }),
      );
      return;
    }
    const sent = await this.#vm.entrypoint.signal(number);
    if (number === sigkill) this.#killLater();
    if (!sent) throw notRunning(this.#record);
  }

  async stop(signal: string | undefined, graceMs: number = defaultGraceMs[this.#record.init]): Promise<VmEnd> {
    const vm = this.#vm;
    if (vm === undefined) {
      this.#abort.abort(new FirekilnError('ABORTED', 'the VM was stopped before it was up', { exitCode: 137 }));
      if (this.#process === undefined) this.giveUp();
      return await this.over;
    }
    const number = parseSignal(signal ?? this.#record.stopSignal, 'stop signal');
    // A busy host may take longer than usual to hand it over: the VM has all of its time for it.
    const handOverMs = Math.max(graceMs, 5000);
    const sent = vm.entrypoint.signal(number, AbortSignal.timeout(handOverMs)).catch(() => false);
    // An init of the image's own may have ended what serves the control channel: the VMM asks it then.
    if (this.#record.init === 'image') void sent.then(async (was) => was || (await vm.guest.machine.stop({ graceMs })));
    const timer = setTimeout(() => {
      void vm.entrypoint.signal(sigkill, AbortSignal.timeout(5000)).catch(() => false);
      this.#killLater();
    }, graceMs);
    try {
      return await this.over;
    } finally {
      clearTimeout(timer);
    }
  }

  #killLater(): void {
    const timer = setTimeout(() => this.#abort.abort(new FirekilnError('ABORTED', 'the VM was killed')), killWithinMs);
    void this.over.finally(() => clearTimeout(timer));
  }

  async #start(request: Extract<Request, { op: 'start' }>, peer: ControlPeer): Promise<void> {
    if (this.#process !== undefined) throw new Error('started twice');
    const { attach } = request;
    this.#process = request.process;
    const interactive = attach?.stdin === true;
    void this.#live(request.process, attach);
    peer.onNotice((notice) => this.#notice(notice));
    const vm = await this.#running.promise;
    peer.answer({ event: 'started', state: this.#state.current });
    if (attach === undefined) return;
    if (interactive) attachInput(peer, vm.entrypoint);
    await this.#output.hub.pump(peer);
    peer.answer({ event: 'ended', ...(await this.over) });
  }

  #notice(notice: Notice): void {
    if (notice.op === 'resize') this.#vm?.entrypoint.resize(notice);
    else void this.signal(parseSignal(notice.signal, 'signal')).catch(() => {});
  }

  async #live(process: ProcessConfig, attach: Extract<Request, { op: 'start' }>['attach']): Promise<void> {
    const { terminal } = this.#record;
    try {
      const end = await liveVm({
        env: this.#env,
        folder: this.#folder,
        record: this.#record,
        process,
        closeInput: !this.#record.openInput,
        terminal: terminal ? (attach?.terminal ?? { columns: 80, rows: 24, term: 'xterm' }) : undefined,
        state: this.#state,
        output: this.#output,
        onRunning: (vm) => {
          this.#vm = vm;
          this.#running.resolve(vm);
        },
        signal: this.#abort.signal,
      });
      await this.#finish(end, this.#record.removeAtEnd);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Nothing was booted: there is nothing to look into afterwards.
      this.#keepConsole(error);
      const isEarly = this.#state.current.status === 'created';
      await this.#finish({ exitCode: 125, reason }, this.#record.removeAtEnd || isEarly);
      this.#running.reject(error);
    }
  }

  /** A guest that did not come up: what its console showed is in the error. */
  #keepConsole(error: unknown): void {
    if (!(error instanceof FirekilnError) || error.details === undefined) return;
    using log = new LogWriter(this.#folder.bootLog, consoleLimits);
    if (log.end === 0) log.append('console', Buffer.from(error.details.map((line) => `${line}\n`).join('')));
  }

  /** What is left of a VM that has ended: its record, its log. */
  async #finish(end: VmEnd, remove: boolean): Promise<void> {
    this.#output.log.close();
    await this.#state.set({ status: 'exited', finishedAt: Date.now(), ...end }).catch(() => {});
    await this.#output.hub.drained();
    if (remove) await removeVmFolder(this.#folder, await this.#env.store()).catch(() => {});
    await rm(this.#record.runDir, { recursive: true, force: true }).catch(() => {});
    this.#over.resolve(end);
  }

  async #exec(request: Extract<Request, { op: 'exec' }>, peer: ControlPeer): Promise<void> {
    const vm = this.#vm;
    const main = this.#process;
    if (vm === undefined || main === undefined || this.#state.current.status !== 'running') {
      throw notRunning(this.#record);
    }
    const accounts = request.user === undefined ? undefined : await readAccounts(vm.guest);
    const user =
      accounts === undefined || request.user === undefined
        ? vm.user
        : resolveUser(request.user, accounts.passwd, accounts.group);
    const writes = new Set<Promise<void>>();
    let program: GuestProgram | undefined;
    program = await GuestProgram.start({
      guest: vm.guest,
      slot: `exec${++this.#slots}`,
      args: request.args,
      env: [...main.env, ...request.env],
      user,
      workdir: request.workdir ?? this.#record.workdir,
      terminal: request.attach.terminal,
      onOutput: (stream, data) => {
        program?.pause();
        const write = peer.output(stream, data).finally(() => {
          writes.delete(write);
          if (writes.size === 0) program?.resume();
        });
        writes.add(write);
      },
    });
    const started = program;
    peer.onNotice((notice) => {
      if (notice.op === 'resize') started.resize(notice);
      else void started.signal(parseSignal(notice.signal, 'signal')).catch(() => {});
    });
    if (request.attach.stdin) attachInput(peer, started);
    else if (request.attach.terminal === undefined) started.endInput();
    const exitCode = await started.ended;
    await Promise.allSettled(writes);
    if (exitCode === undefined) throw notRunning(this.#record);
    peer.answer({ event: 'ended', exitCode });
  }
}
