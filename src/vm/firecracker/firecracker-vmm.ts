import type { Duplex } from 'node:stream';
import { delay } from '../../base/abort.ts';
import type { MachineSpec } from '../driver.ts';
import { joinInitrds } from '../join-initrds.ts';
import type { Vmm, VmmCommand } from '../machine.ts';
import { FirecrackerApi } from './api-client.ts';
import { firecrackerKernelArgs } from './kernel-args.ts';
import type { VmmPlace } from './vmm-place.ts';
import { dialVsock } from './vsock.ts';

const names = { api: 'api.sock', vsock: 'vsock.sock', initrd: 'initrd' } as const;

/** The sockets that a machine makes in its place. */
export const socketNames: readonly string[] = [names.api, names.vsock];

/** Addresses from 3 on are guests' (vsock(7)); each machine has a vsock of its own, so all may have the same. */
const guestCid = 3;
const buttonDeadlineMs = 2000;

/** The files of a specification, as the VMM names them. */
interface SeenFiles {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly drives: readonly string[];
}

/** One Firecracker process, configured over its API. */
export class FirecrackerVmm implements Vmm {
  readonly name = 'Firecracker';
  readonly kernel: string;
  /** It says nothing but its exit code. */
  readonly endedByGuest = undefined;
  readonly outlivesGuest = true;
  readonly #spec: MachineSpec;
  readonly #place: VmmPlace;
  readonly #api: FirecrackerApi;
  readonly #life = new AbortController();
  #seen: SeenFiles | undefined;

  constructor(spec: MachineSpec, place: VmmPlace) {
    this.#spec = spec;
    this.#place = place;
    this.kernel = spec.kernel.vmlinux;
    this.#api = new FirecrackerApi(place.socket(names.api).host);
  }

  async prepare(): Promise<VmmCommand> {
    await this.#place.open();
    this.#seen = await this.#exposeFiles();
    // Its own messages share standard output with the console: only what is worth it.
    return await this.#place.launch(['--api-sock', this.#place.socket(names.api).vmm, '--level', 'Error']);
  }

  async boot(signal: AbortSignal): Promise<void> {
    const { vcpus, memoryMiB, kernelArgs, drives, network } = this.#spec;
    const seen = this.#seen;
    if (seen === undefined) throw new Error('boot before prepare');
    while (!(await this.#api.isUp(signal))) await delay(10, signal);
    await this.#api.call('PUT /machine-config', { vcpu_count: vcpus, mem_size_mib: memoryMiB }, signal);
    const source = {
      kernel_image_path: seen.kernel,
      boot_args: [...firecrackerKernelArgs, ...kernelArgs].join(' '),
      initrd_path: seen.initrd,
    };
    await this.#api.call('PUT /boot-source', source, signal);
    for (const [index, { id, readOnly, durable }] of drives.entries()) {
      const drive = {
        drive_id: id,
        path_on_host: seen.drives[index] ?? '',
        is_root_device: false,
        is_read_only: readOnly,
        cache_type: durable === false ? 'Unsafe' : 'Writeback',
      } as const;
      await this.#api.call('PUT /drives/{id}', drive, signal);
    }
    if (network?.kind === 'tap') {
      const card = { iface_id: 'net', host_dev_name: network.tapName, guest_mac: network.mac };
      await this.#api.call('PUT /network-interfaces/{id}', card, signal);
    }
    const vsock = { guest_cid: guestCid, uds_path: this.#place.socket(names.vsock).vmm };
    await this.#api.call('PUT /vsock', vsock, signal);
    await this.#api.call('PUT /entropy', {}, signal);
    await this.#place.seal();
    await this.#api.call('PUT /actions', { action_type: 'InstanceStart' }, signal);
  }

  async dial({ port = 22, signal }: { readonly port?: number; readonly signal?: AbortSignal }): Promise<Duplex> {
    const { id: machineId } = this.#spec;
    return await dialVsock({
      path: this.#place.socket(names.vsock).host,
      port,
      machineId,
      life: this.#life.signal,
      signal,
    });
  }

  async findPid(started: number): Promise<number> {
    return await this.#place.vmmPid(started);
  }

  async pressButton(): Promise<void> {
    await this.#api.call('PUT /actions', { action_type: 'SendCtrlAltDel' }, AbortSignal.timeout(buttonDeadlineMs));
  }

  exited(): void {
    this.#life.abort();
    this.#api.close();
  }

  async clean(): Promise<void> {
    await this.#place.clean();
  }

  async #exposeFiles(): Promise<SeenFiles> {
    const { initrds, drives } = this.#spec;
    let initrd = initrds[0];
    if (initrds.length > 1) {
      const joined = await this.#place.createFile(names.initrd);
      await joinInitrds(initrds, joined.host);
      initrd = joined.vmm;
    } else if (initrd !== undefined) {
      initrd = await this.#place.expose(initrd, { readOnly: true });
    }
    const seen: string[] = [];
    for (const { path, readOnly } of drives) seen.push(await this.#place.expose(path, { readOnly }));
    return { kernel: await this.#place.expose(this.kernel, { readOnly: true }), initrd, drives: seen };
  }
}
