import type { Readable } from 'node:stream';
import type { Emitter } from '../../base/events.ts';
import type { KernelFacts } from '../../formats/kernel/kernel-facts.ts';
import type { Partition } from '../../formats/partitions/partition.ts';
import type { NetworkAttachment } from '../../net/provider.ts';
import type { Machine, MachineDriver } from '../../vm/driver.ts';
import type { CpuTemplate } from '../../vm/machine-options.ts';
import type { Appliance, GuestExit } from '../guest.ts';
import type { LoginKeys } from './login-keys.ts';

/**
 * The contract of in-place mode: a VM that runs a copy of a base's own root file system with the base's own init, and in
 * which Firekiln is logged in by SSH as a user of that base. Commands are that user's; nothing is between them and the
 * base. Disposing stops and destroys the machine, whatever state its disk is in then; safe twice.
 */
export interface BaseVm extends AsyncDisposable {
  readonly machine: Machine;
  /** Speaks with the machine's id, address and device. */
  readonly emitter: Emitter;
  /**
   * Runs a command line of the login user's shell. Any exit code is a result. Rejects with VM_ENDED, showing the console's
   * end, with SSH_FAILED, and with ABORTED.
   */
  exec(command: string, options?: BaseExecOptions): Promise<GuestExit>;
  /** Whether an address or a name answers a ping, within some seconds. Throws BASE_UNUSABLE if there is no ping. */
  ping(target: string): Promise<boolean>;
  /**
   * Takes out what was put in for the build (the VM's own key) and makes the base shut itself down. After `graceMs` the
   * disk is made read-only and the machine stopped. Resolves when the machine has ended; its disk is whole then. Rejects
   * with ABORTED.
   */
  shutDown(options: ShutDownOptions): Promise<'by itself' | 'stopped'>;
}

export interface ShutDownOptions {
  readonly graceMs: number;
  readonly signal: AbortSignal;
}

export interface BaseExecOptions {
  readonly stdin?: Uint8Array | Readable;
  /** Each chunk as it comes; without it the output is kept (the last 1 MiB of it). */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Of a base that has no name of its own: what every /etc/hosts knows, else sudo asks the name servers each time. */
export const baseHostname = 'localhost';

export interface BaseLogin {
  readonly user: string;
  /** Where the base's SSH server listens. */
  readonly port: number;
  readonly keys: LoginKeys;
  /** The agent that commands in the VM reach; undefined: none. */
  readonly forwardedAgent: string | undefined;
}

export interface BootBaseOptions {
  readonly driver: MachineDriver;
  /** Brings the base up where the kernel can take an initramfs. */
  readonly appliance: Appliance;
  /** The user's kernel instead of the appliance's. */
  readonly kernel: { readonly path: string; readonly facts: KernelFacts } | undefined;
  readonly cpuTemplate: CpuTemplate | undefined;
  /** Of the disk, that holds its root; undefined: the file system fills the disk. */
  readonly partition: Pick<Partition, 'number' | 'partuuid' | 'start'> | undefined;
  /** Of the user, beside those that are needed. */
  readonly kernelArgs: readonly string[];
  readonly id: string;
  /** May be written to. */
  readonly disk: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly network: NetworkAttachment | undefined;
  readonly runDir: string;
  readonly login: BaseLogin;
  /** Milliseconds from the start of the base's init until its SSH server answers. */
  readonly answerMs?: number;
  readonly bootTimeoutMs?: number;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
}
