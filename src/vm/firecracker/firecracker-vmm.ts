import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { delay } from '../../base/abort.ts';
import type { MachineSpec } from '../driver.ts';
import { joinInitrds } from '../join-initrds.ts';
import type { Vmm, VmmCommand } from '../machine.ts';
import { FirecrackerApi } from './api-client.ts';
import { firecrackerKernelArgs } from './kernel-args.ts';
import { dialVsock } from './vsock.ts';

const names = { api: 'api.sock', vsock: 'vsock.sock', initrd: 'initrd' } as const;

/** The sockets that a machine makes in its run folder. */
export const socketNames: readonly string[] = [names.api, names.vsock];

/** Addresses from 3 on are guests' (vsock(7)); each machine has a vsock of its own, so all may have the same. */
const guestCid = 3;
const buttonDeadlineMs = 2000;

/** One Firecracker process without a jailer, configured over its API. */
export class FirecrackerVmm implements Vmm {
  readonly name = 'Firecracker';
  readonly files = Object.values(names);
  readonly kernel: string;
  /** It says nothing but its exit code. */
  readonly endedByGuest = undefined;
  readonly #spec: MachineSpec;
  readonly #binary: string;
  readonly #api: FirecrackerApi;
  readonly #life = new AbortController();

  constructor(spec: MachineSpec, binary: string) {
    this.#spec = spec;
    this.#binary = binary;
    this.kernel = spec.kernel.vmlinux;
    this.#api = new FirecrackerApi(this.#path('api'));
  }

  async prepare(): Promise<VmmCommand> {
    const { initrds } = this.#spec;
    if (initrds.length > 1) await joinInitrds(initrds, this.#path('initrd'));
    // Its own messages share standard output with the console: only what is worth it.
    const args = ['--api-sock', this.#path('api'), '--id', this.#spec.id, '--level', 'Error'];
    return { command: this.#binary, args };
  }

  async boot(signal: AbortSignal): Promise<void> {
    while (!(await this.#api.isUp(signal))) await delay(10, signal);
    const { vcpus, memoryMiB, kernelArgs, initrds, drives, network } = this.#spec;
    await this.#api.call('PUT /machine-config', { vcpu_count: vcpus, mem_size_mib: memoryMiB }, signal);
    const source = {
      kernel_image_path: this.kernel,
      boot_args: [...firecrackerKernelArgs, ...kernelArgs].join(' '),
      initrd_path: initrds.length > 1 ? this.#path('initrd') : initrds[0],
    };
    await this.#api.call('PUT /boot-source', source, signal);
    for (const { id, path, readOnly, durable } of drives) {
      const drive = {
        drive_id: id,
        path_on_host: path,
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
    await this.#api.call('PUT /vsock', { guest_cid: guestCid, uds_path: this.#path('vsock') }, signal);
    await this.#api.call('PUT /entropy', {}, signal);
    await this.#api.call('PUT /actions', { action_type: 'InstanceStart' }, signal);
  }

  async dial({ port = 22, signal }: { readonly port?: number; readonly signal?: AbortSignal }): Promise<Duplex> {
    const { id: machineId } = this.#spec;
    return await dialVsock({ path: this.#path('vsock'), port, machineId, life: this.#life.signal, signal });
  }

  async pressButton(): Promise<void> {
    await this.#api.call('PUT /actions', { action_type: 'SendCtrlAltDel' }, AbortSignal.timeout(buttonDeadlineMs));
  }

  exited(): void {
    this.#life.abort();
    this.#api.close();
  }

  #path(name: keyof typeof names): string {
    return join(this.#spec.runDir, names[name]);
  }
}
