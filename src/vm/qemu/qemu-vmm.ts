import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { delay } from '../../base/abort.ts';
import { systemCode } from '../../base/system-error.ts';
import type { MachineSpec } from '../driver.ts';
import { joinInitrds } from '../join-initrds.ts';
import type { Vmm } from '../machine.ts';
import { type QemuFiles, qemuArguments } from './command-line.ts';
import { ControlPort } from './control-port.ts';
import type { QemuDriverOptions } from './qemu-driver.ts';
import { QmpClient, type QmpEvent } from './qmp-client.ts';

const names = { control: 'control.sock', qmp: 'qmp.sock', initrd: 'initrd' } as const;

/** The sockets that a machine makes in its run folder. */
export const socketNames: readonly string[] = [names.control, names.qmp];

export class QemuVmm implements Vmm {
  readonly name = 'QEMU';
  readonly files = Object.values(names);
  readonly kernel: string;
  endedByGuest: boolean | undefined;
  readonly #spec: MachineSpec;
  readonly #options: QemuDriverOptions;
  readonly #files: QemuFiles;
  readonly #port: ControlPort;
  #qmp: QmpClient | undefined;

  constructor(spec: MachineSpec, options: QemuDriverOptions) {
    this.#spec = spec;
    this.#options = options;
    this.kernel = spec.kernel.bzImage ?? spec.kernel.vmlinux;
    this.#files = {
      kernel: this.kernel,
      initrd: spec.initrds.length > 1 ? join(spec.runDir, names.initrd) : spec.initrds[0],
      controlSocket: join(spec.runDir, names.control),
      qmpSocket: join(spec.runDir, names.qmp),
    };
    this.#port = new ControlPort(this.#files.controlSocket, spec.id, async () => await this.#isPortOpen());
  }

  async prepare(): Promise<{ command: string; args: readonly string[] }> {
    const { initrds, runDir } = this.#spec;
    if (initrds.length > 1) await joinInitrds(initrds, join(runDir, names.initrd));
    const args = qemuArguments(this.#spec, this.#options.acceleration, this.#files);
    return { command: this.#options.binary, args };
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

  exited(): void {
    this.#qmp?.close();
    this.#port.end();
  }

  /** QEMU takes commands once all devices are made. */
  async #connectQmp(signal: AbortSignal): Promise<QmpClient> {
    for (;;) {
      try {
        this.#qmp = await QmpClient.connect(this.#files.qmpSocket, (event) => this.#onEvent(event), signal);
        return this.#qmp;
      } catch (error) {
        if (!['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) throw error;
      }
      await delay(10, signal);
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
