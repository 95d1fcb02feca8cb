import type { Duplex } from 'node:stream';
import type { Emitter } from '../base/events.ts';
import type { NetworkAttachment } from '../net/provider.ts';

/**
 * The contract of a machine driver: it starts a microVM with one VMM.
 *
 * Life of a machine: `driver.create(spec)` claims names and folders but starts nothing -> `start` boots it ->
 * `dial`, `console`, `wait` while it runs -> `stop` -> `destroy`. `stop` and `destroy` are legal in every state, also
 * after a failed `start`, and safe twice. After `destroy`, on every path, nothing of the machine is left: no process,
 * socket, jail, cgroup, mount. A machine is not started twice.
 *
 * Shaped by Firecracker: drives are named at configuration and can't be plugged later; the number of devices is
 * small; a machine ends by the guest's reset (`reboot=k`/`reboot=t`); that a guest has powered off is found out later.
 */
export interface MachineDriver {
  readonly name: 'qemu' | 'firecracker' | 'fake';
  readonly capabilities: DriverCapabilities;
  create(spec: MachineSpec): Promise<Machine>;
  /** The user as whom the VMM of a machine opens its tap, where that is not this process's. */
  tapOwner?(machineId: string): { readonly uid: number; readonly gid: number };
}

/**
 * The control port inside a guest. With vsock the guest listens on port 22 and serves each connection. A virtio-serial
 * port has no connections, so the driver's {@link Machine.dial} and the guest make them:
 *
 * - the guest opens the port that /sys/class/virtio-ports/<dev>/name calls {@link controlPortName}, and keeps it open;
 * - it reads a line (reads give end-of-file while nobody is connected: wait a little, read again, don't close);
 * - it writes that line back as it is, then serves one connection on the port, such as
 *   `sshd -i <&3 >&3`, until that ends or reads give end-of-file;
 * - it closes the port, which ends the stream of the host if that is still open, and begins again.
 */
export const controlPortName = 'firekiln.control';

/** Differences between drivers that callers may ask about; never ask for the name. */
export interface DriverCapabilities {
  /** All drives of one machine, the root and scratch drives included. */
  readonly maxDrives: number;
  /** How the guest's kernel names the control port: a virtio-serial port by name, or a vsock port. */
  readonly controlTransport: 'virtio-serial' | 'vsock';
  /** What the guest must do to end the machine. */
  readonly endsOn: 'reset' | 'poweroff-or-reset';
  /** Runs without root. */
  readonly rootless: boolean;
  /** Whether the guest runs on the processor's virtualisation; emulation is no security boundary. */
  readonly accelerated: boolean;
  /** Kinds of network attachment the driver can use. */
  readonly networks: readonly NetworkAttachment['kind'][];
  /** Memory and device state can be written to files and loaded. */
  readonly snapshot: boolean;
  /** Kernel command line words that the driver needs beside the caller's, such as `tsc_early_khz=`. */
  readonly kernelArgs: readonly string[];
  /** The console device for `console=`. */
  readonly consoleDevice: string;
  /** Block device names in the guest are `<prefix>a`, `<prefix>b`, ... in the order of {@link MachineSpec.drives}. */
  readonly drivePrefix: string;
}

export interface MachineSpec {
  /** Letters, digits and `-`, at most 60: file names, socket names and jail names are made of it. */
  readonly id: string;
  /** Path of an uncompressed (`vmlinux`) or compressed (`bzImage`) kernel; drivers take what {@link KernelImage} says. */
  readonly kernel: KernelImage;
  /** Paths of cpio archives that the kernel unpacks in order. */
  readonly initrds: readonly string[];
  /** Without the driver's own words. */
  readonly kernelArgs: readonly string[];
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly drives: readonly DriveSpec[];
  /** Absent: no network device. */
  readonly network?: NetworkAttachment;
  /** A private folder (0700) for sockets and logs; short, for a socket's path must not exceed 107 bytes. */
  readonly runDir: string;
  readonly emitter: Emitter;
}

/** The same kernel in the forms that VMMs want. */
export interface KernelImage {
  /** ELF, for Firecracker. */
  readonly vmlinux: string;
  /** As the distribution ships it, for QEMU. */
  readonly bzImage?: string;
  /** The ELF file has a PVH entry: a VMM that knows it starts the guest sooner from there than from the bzImage. */
  readonly pvh?: boolean;
}

export interface DriveSpec {
  /** Letters, digits and `_`. */
  readonly id: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** Host flushes what the guest flushes; false for drives whose loss a host crash may cause anyway. */
  readonly durable?: boolean;
}

export interface Machine {
  readonly id: string;
  readonly state: 'created' | 'running' | 'ended' | 'destroyed';
  /** Resolves when the VMM runs the guest's first instruction; the guest itself says when it is ready. */
  start(signal?: AbortSignal): Promise<void>;
  /**
   * Opens the control stream of the guest, where an SSH server answers. Legal while running; waits until the guest
   * serves its control port, TIMEOUT after two minutes. Several at once only where the transport is vsock, where `port` is the
   * guest's port (22 by default); elsewhere the next waits until the one before is closed. The stream ends when the
   * guest's server does.
   */
  dial(options?: { readonly port?: number; readonly signal?: AbortSignal }): Promise<Duplex>;
  /** Everything the guest wrote to its console so far, the last 256 KiB of it. */
  consoleTail(): string;
  /** Calls for each chunk of console output from now on; the returned function ends that. */
  onConsole(listener: (chunk: Buffer) => void): () => void;
  /** Resolves when the VMM has ended, for whatever reason. Never rejects. */
  readonly ended: Promise<MachineEnd>;
  /** Makes the VMM end: the driver's polite way first (if `graceMs` > 0), then SIGTERM, then SIGKILL. */
  stop(options?: { readonly graceMs?: number }): Promise<MachineEnd>;
  destroy(): Promise<void>;
  /** The VMM's process, while running. */
  readonly pid: number | undefined;
}

export interface MachineEnd {
  readonly reason: /** The guest reset or powered off. */
    | 'guest'
    /** `stop` or `destroy` asked for it. */
    | 'stopped'
    /** The VMM ended by itself with an error, or was killed from outside. */
    | 'vmm-failed'
    /** The guest's kernel panicked. */
    | 'panic';
  /** For people, such as the VMM's last words. */
  readonly detail: string;
}
