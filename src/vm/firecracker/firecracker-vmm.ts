import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { FileLock } from '../../base/lock.ts';
import type { MachineSpec } from '../driver.ts';
import { joinInitrds } from '../join-initrds.ts';
import type { Vmm, VmmCommand } from '../machine.ts';
import type { JsonObject, MachineChange, MachineFacts, SnapshotFacts, SnapshotOptions } from '../machine-controls.ts';
import { FirecrackerApi } from './api/firecracker-api.ts';
import { changeMachine } from './change-machine.ts';
import { firecrackerConfiguration, type SeenFiles } from './configuration.ts';
import { configure } from './configure.ts';
import { dialAfterReset } from './dial-after-reset.ts';
import { exposeSnapshot, loadRequest, type SeenSnapshot } from './load-snapshot.ts';
import { MetricsPipe } from './metrics-pipe.ts';
import { pauseFault } from './pause-fault.ts';
import { readSnapshotFacts, requireFitting, snapshotFiles } from './snapshot-files.ts';
import { takeSnapshot } from './take-snapshot.ts';
import type { VmmPlace } from './vmm-place.ts';
import { dialVsock } from './vsock.ts';

const names = { api: 'api.sock', vsock: 'vsock.sock', initrd: 'initrd', kernel: 'vmlinux' } as const;

/** The sockets that a machine makes in its place. */
export const socketNames: readonly string[] = [names.api, names.vsock];

/** Of the guest's control server, which speaks first. */
const sshPort = 22;
const sshSilenceMs = 60_000;
const otherSilenceMs = 2000;
const buttonDeadlineMs = 2000;
const metricsDeadlineMs = 10_000;
/** The whole memory may have to be read. */
const loadDeadlineMs = 600_000;

/** One Firecracker process, configured over its API. */
export class FirecrackerVmm implements Vmm {
  readonly name = 'Firecracker';
  readonly kernel: string;
  /** It says nothing but its exit code. */
  readonly endedByGuest = undefined;
  readonly outlivesGuest = true;
  readonly #spec: MachineSpec;
  readonly #place: VmmPlace;
  readonly #snapshotFormat: () => Promise<string>;
  readonly #api: FirecrackerApi;
  readonly #life = new AbortController();
  #seen: SeenFiles | undefined;
  #snapshot: SeenSnapshot | undefined;
  #lastSnapshotId: string | undefined;
  /** Since then nobody has talked with the guest. */
  #isVsockReset = false;
  #snapshotLock: FileLock | undefined;
  #metrics: MetricsPipe | undefined;

  /** @param snapshotFormat What `firecracker --snapshot-version` says. */
  constructor(spec: MachineSpec, place: VmmPlace, snapshotFormat: () => Promise<string>) {
    this.#spec = spec;
    this.#place = place;
    this.#snapshotFormat = snapshotFormat;
    this.kernel = spec.kernel.vmlinux;
    this.#api = new FirecrackerApi(place.socket(names.api).host);
  }

  async prepare(): Promise<VmmCommand> {
    await this.#place.open();
    if (this.#spec.metrics === true) this.#metrics = await MetricsPipe.create(this.#place);
    this.#seen = await this.#exposeFiles();
    if (this.#spec.restore !== undefined) this.#snapshot = await this.#openSnapshot(this.#spec.restore.folder);
    // Its own messages share standard output with the console: only what is worth it.
    return await this.#place.launch(['--api-sock', this.#place.socket(names.api).vmm, '--level', 'Error']);
  }

  async boot(signal: AbortSignal): Promise<void> {
    const seen = this.#seen;
    if (seen === undefined) throw new Error('boot before prepare');
    await this.#api.connect(signal);
    if (this.#snapshot === undefined) {
      await configure(this.#api, firecrackerConfiguration(this.#spec, seen), signal);
      await this.#putMetadata(signal);
      await this.#place.seal();
      await this.#api.put('PUT /actions', { action_type: 'InstanceStart' }, { signal });
    } else {
      await this.#load(this.#snapshot, seen, signal);
    }
  }

  async dial({ port = sshPort, signal }: { readonly port?: number; readonly signal?: AbortSignal }): Promise<Duplex> {
    const { id: machineId } = this.#spec;
    const path = this.#place.socket(names.vsock).host;
    const dial = async () => await dialVsock({ path, port, machineId, life: this.#life.signal, signal });
    if (!this.#isVsockReset) return await dial();
    const stream = await dialAfterReset(dial, {
      silenceMs: port === sshPort ? sshSilenceMs : otherSilenceMs,
      signal: AbortSignal.any([this.#life.signal, ...(signal === undefined ? [] : [signal])]),
    });
    this.#isVsockReset = false;
    return stream;
  }

  async findPid(started: number): Promise<number> {
    return await this.#place.vmmPid(started);
  }

  async pressButton(): Promise<void> {
    await this.#api.put('PUT /actions', { action_type: 'SendCtrlAltDel' }, { deadlineMs: buttonDeadlineMs });
  }

  async pause(signal: AbortSignal | undefined): Promise<void> {
    await this.#api.put('PATCH /vm', { state: 'Paused' }, { signal });
  }

  pauseFault(): string | undefined {
    return pauseFault(this.#api.version);
  }

  async resume(signal: AbortSignal | undefined): Promise<void> {
    await this.#api.put('PATCH /vm', { state: 'Resumed' }, { signal });
  }

  async snapshot(options: SnapshotOptions): Promise<SnapshotFacts> {
    try {
      const facts = await takeSnapshot({
        ...options,
        spec: this.#spec,
        api: this.#api,
        place: this.#place,
        vmm: { version: this.#api.version.text, ...(await this.#snapshotKind()) },
        lastId: this.#lastSnapshotId,
      });
      this.#lastSnapshotId = facts.id;
      return facts;
    } finally {
      // Not before: who dials meanwhile would think it over.
      this.#isVsockReset = true;
    }
  }

  async change(change: MachineChange, signal: AbortSignal | undefined): Promise<void> {
    await changeMachine(this.#api, this.#spec, change, { signal });
  }

  async inspect(signal: AbortSignal | undefined): Promise<MachineFacts> {
    const options = { signal };
    const { balloon, metadata } = this.#spec;
    const configuration = { ...(await this.#api.get('GET /vm/config', options)) };
    return {
      vmm: { name: this.name, version: this.#api.version.text },
      configuration,
      ...((balloon?.statsIntervalS ?? 0) > 0
        ? { balloon: { ...(await this.#api.get('GET /balloon/statistics', options)) } }
        : {}),
      ...(metadata === undefined ? {} : { metadata: await this.#api.get('GET /mmds', options) }),
      ...(this.#metrics === undefined ? {} : { metrics: await this.#collect(this.#metrics, signal) }),
    };
  }

  exited(): void {
    this.#life.abort();
    this.#api.close();
    this.#metrics?.close();
  }

  async clean(): Promise<void> {
    this.#metrics?.close();
    await this.#snapshotLock?.[Symbol.asyncDispose]();
    await this.#place.clean();
  }

  async #load(snapshot: SeenSnapshot, seen: SeenFiles, signal: AbortSignal): Promise<void> {
    if (seen.metrics !== undefined) await this.#api.put('PUT /metrics', { metrics_path: seen.metrics }, { signal });
    const request = loadRequest(this.#spec, snapshot, this.#api.version);
    await this.#api.put('PUT /snapshot/load', request, { signal, deadlineMs: loadDeadlineMs });
    await this.#snapshotLock?.[Symbol.asyncDispose]();
    // A snapshot holds how the metadata service is set up, not what it serves.
    await this.#putMetadata(signal);
    await this.#place.seal();
    if (this.#spec.restore?.paused !== true) await this.resume(signal);
  }

  async #openSnapshot(folder: string): Promise<SeenSnapshot> {
    const facts = await readSnapshotFacts(folder);
    await requireFitting(folder, facts, this.#spec, await this.#snapshotKind());
    this.#lastSnapshotId = facts.id;
    this.#isVsockReset = true;
    // Another jail would take the files over before this one has opened them.
    if (!this.#place.seesHost) this.#snapshotLock = await FileLock.acquire(join(folder, snapshotFiles.lock));
    return await exposeSnapshot(this.#place, folder);
  }

  async #snapshotKind(): Promise<{ readonly format: string; readonly isJailed: boolean }> {
    return { format: await this.#snapshotFormat(), isJailed: !this.#place.seesHost };
  }

  async #putMetadata(signal: AbortSignal): Promise<void> {
    const { metadata } = this.#spec;
    if (metadata !== undefined) await this.#api.put('PUT /mmds', metadata.content, { signal });
  }

  async #collect(pipe: MetricsPipe, signal: AbortSignal | undefined): Promise<readonly JsonObject[]> {
    const deadline = AbortSignal.timeout(metricsDeadlineMs);
    const limits = AbortSignal.any([deadline, this.#life.signal, ...(signal === undefined ? [] : [signal])]);
    return await pipe.collect(
      async () => await this.#api.put('PUT /actions', { action_type: 'FlushMetrics' }, { signal }),
      limits,
    );
  }

  async #exposeFiles(): Promise<SeenFiles> {
    const { initrds, drives, restore } = this.#spec;
    const seen: string[] = [];
    for (const { id, path, readOnly } of drives) {
      seen.push(await this.#place.expose(path, { name: `drive-${id}`, readOnly }));
    }
    const files = { drives: seen, vsock: this.#place.socket(names.vsock).vmm, metrics: this.#metrics?.path };
    if (restore !== undefined) return { kernel: '', ...files };
    const kernel = await this.#place.expose(this.kernel, { name: names.kernel, readOnly: true });
    if (initrds[0] === undefined) return { kernel, ...files };
    if (initrds.length === 1) {
      return { kernel, initrd: await this.#place.expose(initrds[0], { name: names.initrd, readOnly: true }), ...files };
    }
    const joined = await this.#place.createFile(names.initrd);
    await joinInitrds(initrds, joined.host);
    return { kernel, initrd: joined.vmm, ...files };
  }
}
