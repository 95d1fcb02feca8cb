import { withDeadline } from '../../base/abort.ts';
import type { Emitter } from '../../base/events.ts';
import { quoteWord } from '../../base/quote-command.ts';
import type { Machine } from '../../vm/driver.ts';
import type { Guest, GuestExit } from '../guest.ts';
import type { BaseSession } from './base-session.ts';
import type { BaseExecOptions, BaseVm, ShutDownOptions } from './base-vm.ts';
import { endsWithin, rebootCommand } from './reboot.ts';

/** An emulated guest on a busy host may be 20 times as slow as it is else. */
const restoreMs = 120_000;
const syncMs = 30_000;

/** A base beside which the appliance runs: what the base lacks, the appliance does. */
export class ControlledBase implements BaseVm {
  readonly machine: Machine;
  readonly emitter: Emitter;
  readonly #guest: Guest;
  readonly #session: BaseSession;
  readonly #dispose: () => Promise<void>;

  constructor(parts: {
    readonly guest: Guest;
    readonly session: BaseSession;
    readonly emitter: Emitter;
    readonly dispose: () => Promise<void>;
  }) {
    this.machine = parts.guest.machine;
    this.emitter = parts.emitter;
    this.#guest = parts.guest;
    this.#session = parts.session;
    this.#dispose = parts.dispose;
  }

  async exec(command: string, options?: BaseExecOptions): Promise<GuestExit> {
    return await this.#session.exec(command, options);
  }

  async ping(target: string): Promise<boolean> {
    // A name may take long to be found not to exist.
    const { exitCode } = await this.#guest.exec(`exec timeout 8 ping -c 1 -W 2 ${quoteWord(target)}`);
    return exitCode === 0;
  }

  async shutDown(options: ShutDownOptions): Promise<'by itself' | 'stopped'> {
    const { machine } = this;
    const { signal } = options;
    const restored = this.#guest.exec('exec sh /firekiln/base/restore.sh', { signal });
    await withDeadline(restored, { ms: restoreMs, doing: 'taking out what the base was given for the build', signal });
    this.emitter.emit({ event: 'vm.stopping', vmId: machine.id });
    await this.#guest.exec(`chroot /proc/1/root /bin/sh -c ${quoteWord(rebootCommand)} </dev/null >/dev/null 2>&1 &`);
    if (await endsWithin(machine, options)) return 'by itself';
    // sysrq (Linux, admin-guide/sysrq.rst): `s` writes everything out, `u` makes all file systems read-only.
    const command = 'echo s >/proc/sysrq-trigger; sleep 1; echo u >/proc/sysrq-trigger; sleep 2; sync';
    await this.#guest.exec(command, { signal: AbortSignal.timeout(syncMs) }).catch(() => {});
    await machine.stop({ graceMs: 5000 });
    return 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }
}
