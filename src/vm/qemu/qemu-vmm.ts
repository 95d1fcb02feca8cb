import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pauseSince } from '../../base/pause-since.ts';
import { systemCode } from '../../base/system-error.ts';
import type { MachineSpec } from '../driver.ts';
import { inNetns } from '../in-netns.ts';
import type { Vmm, VmmCommand } from '../machine.ts';
import { unprivilegedIdentity } from '../unprivileged.ts';
import { qemuArguments } from './command-line.ts';
import { ControlPort } from './control-port.ts';
import type { QemuDriverOptions } from './qemu-driver.ts';
import { hostSockets, prepareQemuFolder, qemuFolderName } from './qemu-folder.ts';
import { QmpClient, type QmpEvent } from './qmp-client.ts';

export class QemuVmm implements Vmm {
  readonly name = 'QEMU';
  readonly kernel: string;
  endedByGuest: boolean | undefined;
  readonly #spec: MachineSpec;
  readonly #options: QemuDriverOptions;
  readonly #sockets: ReturnType<typeof hostSockets>;
  readonly #port: ControlPort;
  #qmp: QmpClient | undefined;

  constructor(spec: MachineSpec, options: QemuDriverOptions) {
    this.#spec = spec;
    this.#options = options;
    this.kernel = spec.kernel.bzImage ?? spec.kernel.vmlinux;
    this.#sockets = hostSockets(spec.runDir);
    this.#port = new ControlPort(this.#sockets.control, spec.id, async () => await this.#isPortOpen());
  }

  async prepare(): Promise<VmmCommand> {
    const { binary, acceleration } = this.#options;
    const { id, network } = this.#spec;
    // A tap needs its owner's rights.
    const identity = network?.kind === 'tap' ? undefined : await unprivilegedIdentity(id, acceleration.kind === 'kvm');
    const folder = await prepareQemuFolder(this.#spec, this.kernel, identity);
    return {
      ...inNetns(network, binary, qemuArguments(this.#spec, acceleration, folder.files)),
      cwd: folder.path,
      extraFds: folder.driveFds,
      identity,
      started: async () => await folder.closeDrives(),
    };
  }

  async boot(signal: AbortSignal): Promise<void> {
    const qmp = await this.#connectQmp(signal);
    // Only now, so that no event of the guest can be missed.
    await qmp.execute('cont');
  }

  async dial({ signal }: { readonly signal?: AbortSignal }): Promise<Duplex> {
    return await this.#port.dial(signal);
  }

  async pressButton(): Promise<void> {
    await this.#qmp?.execute('system_powerdown');
  }

  async pause(): Promise<void> {
    await this.#qmp?.execute('stop');
  }

  async resume(): Promise<void> {
    await this.#qmp?.execute('cont');
  }

  exited(): void {
    this.#qmp?.close();
    this.#port.end();
  }

  async clean(): Promise<void> {
    await rm(join(this.#spec.runDir, qemuFolderName), { recursive: true, force: true });
  }

  /** QEMU takes commands once all devices are made. */
  async #connectQmp(signal: AbortSignal): Promise<QmpClient> {
    const started = performance.now();
    for (;;) {
      try {
        this.#qmp = await QmpClient.connect(this.#sockets.qmp, (event) => this.#onEvent(event), signal);
        return this.#qmp;
      } catch (error) {
        if (!['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) throw error;
      }
      await pauseSince(started, signal);
    }
  }

  #onEvent({ event, data }: QmpEvent): void {
    if (event === 'VSERPORT_CHANGE' && data.open === false) void this.#endStreamIfPortClosed();
    else if (event === 'SHUTDOWN' && typeof data.reason === 'string') {
      this.endedByGuest = data.reason.startsWith('guest-');
    }
  }

  /**
   * The guest's server has ended, so does the stream. QEMU sends at most one such event per second, the last, so a port
   * that is opened again at once is not noticed here, and the event may be old.
   */
  async #endStreamIfPortClosed(): Promise<void> {
    const stream = this.#port.current;
    if (!(await this.#isPortOpen().catch(() => true))) stream?.destroy();
  }

  /** Whether the guest has opened its control port. */
  async #isPortOpen(): Promise<boolean> {
    const devices = (await this.#qmp?.execute('query-chardev')) as { label: string; 'frontend-open': boolean }[];
    return devices.find(({ label }) => label === 'control')?.['frontend-open'] !== false;
  }
}
