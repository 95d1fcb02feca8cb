import type { Duplex, Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { NetworkAttachment } from '../net/provider.ts';
import type { DriveSpec, KernelImage, Machine, MachineDriver } from '../vm/driver.ts';
import type { CpuTemplate } from '../vm/machine-options.ts';

/**
 * The appliance: kernel and small initramfs with which every VM boots. It belongs to Firekiln, not to a user's image.
 * Files below `guest/` of the source tree lie in the initramfs under `/firekiln/`, mode 0755.
 */
export interface Appliance {
  /** Names the content of kernel, initramfs and guest scripts: part of what tells one set-up from another. */
  readonly digest: Digest;
  readonly kernel: KernelImage;
  /** Of the kernel: `uname -r`. */
  readonly release: string;
  readonly initrd: string;
  /** A read-only ext4 image of `/lib/modules/<release>`, for VMs that run images; absent for kernels without modules. */
  readonly modules: string | undefined;
}

export interface BootOptions {
  readonly driver: MachineDriver;
  readonly appliance: Appliance;
  /** See {@link MachineSpec.id}. */
  readonly id: string;
  readonly purpose: 'build' | 'run';
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** In the guest `/dev/<drivePrefix>a` and so on; nothing mounts them by itself. */
  readonly drives: readonly DriveSpec[];
  readonly network: NetworkAttachment | undefined;
  readonly hostname: string;
  /** A private, short folder; sockets and the seed archive are made in it. */
  readonly runDir: string;
  /** Archives that come after the appliance's initramfs, and before the seed. */
  readonly moreInitrds?: readonly string[];
  /** What the guest sees of the processor. */
  readonly cpuTemplate?: CpuTemplate | undefined;
  /** For the kernel, after all others. */
  readonly moreKernelArgs?: readonly string[];
  /** Milliseconds from start to an answering guest; by default what the driver's speed asks for. */
  readonly bootTimeoutMs?: number;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A booted appliance that answers: modules loaded, network up, SSH over the control stream with a key pair and a host
 * key of this VM's own. Disposing stops and destroys the machine; safe twice.
 */
export interface Guest extends AsyncDisposable {
  readonly machine: Machine;
  /**
   * Runs a command line of the appliance's shell (busybox sh) as root. Any exit code is a result. Rejects with
   * VM_ENDED, showing the console's end, if the machine ends meanwhile, and with ABORTED.
   */
  exec(command: string, options?: GuestExecOptions): Promise<GuestExit>;
  /** A command with a terminal of its own, or with open pipes, for `exec -it` and `run -it`. */
  open(command: string, options: GuestOpenOptions): Promise<GuestChannel>;
  /** Connects to a TCP port as a program inside the guest would. Rejects with GUEST_PORT_CLOSED. */
  connect(target: { readonly host: string; readonly port: number }): Promise<Duplex>;
  /** Writes a file atomically. */
  writeFile(path: string, data: Uint8Array, mode: number): Promise<void>;
  /**
   * Lets programs of the guest reach a Unix socket of the host, such as that of an SSH agent, until disposed; gives the path
   * in the guest of a socket of this call's own.
   */
  forwardSocket(target: string): Promise<{ readonly path: string } & AsyncDisposable>;
  /** Syncs and makes the guest end by itself (reset); falls back to {@link Machine.stop}. */
  shutdown(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface GuestExecOptions {
  readonly stdin?: Uint8Array | Readable;
  /** Each chunk as it comes; without it the output is kept (the last 1 MiB of it). */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** An abort closes the channel; the guest then kills what the command started. */
  readonly signal?: AbortSignal | undefined;
}

export interface GuestExit {
  /** Undefined if a signal ended it or the channel broke. */
  readonly exitCode: number | undefined;
  /** Without SIG, such as `KILL`. */
  readonly signal: string | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface GuestOpenOptions {
  readonly terminal?: { readonly columns: number; readonly rows: number; readonly term: string };
  /** What errors call the command, which may hold variables that nobody else is to see; its own beginning by default. */
  readonly shown?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface GuestChannel {
  /** Standard input and output. */
  readonly stream: Duplex;
  /** Silent with a terminal. */
  readonly stderr: Readable;
  readonly exit: Promise<Pick<GuestExit, 'exitCode' | 'signal'>>;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** Without SIG. */
  kill(signal: string): void;
}
