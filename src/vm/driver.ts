import type { Duplex } from 'node:stream';
import type { Emitter } from '../base/events.ts';
import type { NetworkAttachment } from '../net/provider.ts';
import type { MachineChange, MachineFacts, RestoreSpec, SnapshotFacts, SnapshotOptions } from './machine-controls.ts';
import type {
  BalloonSpec,
  CpuTemplate,
  MachineOption,
  MetadataSpec,
  NetworkRateLimits,
  RateLimit,
  RootDriveSpec,
} from './machine-options.ts';

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
  /** {@link Machine.pause} and {@link Machine.resume}. */
  readonly pause: boolean;
  /** {@link Machine.snapshot} and {@link MachineSpec.restore}: memory and devices can be written to files and loaded. */
  readonly snapshot: boolean;
  /** {@link Machine.change} and {@link Machine.inspect}. */
  readonly inspect: boolean;
  /** What the driver has of the optional parts of {@link MachineSpec}; it refuses the others (VM_UNSUPPORTED). */
  readonly options: readonly MachineOption[];
  /** Kernel command line words that the driver needs beside the caller's, such as `tsc_early_khz=`. */
  readonly kernelArgs: readonly string[];
  /** The console device for `console=`. */
  readonly consoleDevice: string;
  /** What an uncompressed kernel must have beside what all guests need: a PVH entry to be started by, ACPI to find its devices. */
  readonly kernelNeeds: readonly ('pvh' | 'acpi')[];
  /** Words of a kernel command line with which guests find no devices. */
  readonly unfitKernelArgs: readonly string[];
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
  /** Which features of the processor the guest sees; all that the VMM lets through by default. */
  readonly cpuTemplate?: CpuTemplate;
  /** Two processors are shown to the guest as one core's threads; false by default. */
  readonly smt?: boolean;
  /** The guest's memory comes from the host's pool of pages of this size (hugetlbfs); ordinary pages by default. */
  readonly hugePages?: '2M';
  /** Takes the place of one drive. */
  readonly balloon?: BalloonSpec;
  /** For the entropy device, which is always there. */
  readonly entropyRateLimit?: RateLimit;
  /** Needs a network. */
  readonly metadata?: MetadataSpec;
  /** The VMM's own counters are collected, see {@link MachineFacts.metrics}. */
  readonly metrics?: boolean;
  /** Absent: the kernel is told of no root, as a guest with an initramfs of its own needs it. */
  readonly rootDrive?: RootDriveSpec;
  readonly networkRateLimits?: NetworkRateLimits;
  /** The guest's changes of its memory are recorded, for snapshots with a `base`; costs the guest time. */
  readonly trackChanges?: boolean;
  /**
   * Goes on where a snapshot was taken. The specification must be that of the snapshot, or at least its processors, memory,
   * drives in order with their content of then, and network card; SNAPSHOT_INCOMPATIBLE otherwise. Kernel, initrds and kernel
   * words are without meaning. The guest's wall clock stands at {@link SnapshotFacts.takenAt}, and all guests that go on from
   * one snapshot share what it remembers, such as keys: the kernel's random numbers alone are made anew (VMGenID, Linux 5.18
   * and newer). Setting the clock and changing keys is the caller's work.
   */
  readonly restore?: RestoreSpec;
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
  readonly rateLimit?: RateLimit;
  /** How the VMM reads and writes: `Async` is io_uring; `Sync` by default. */
  readonly ioEngine?: 'Sync' | 'Async';
}

export interface Machine {
  readonly id: string;
  readonly state: 'created' | 'running' | 'paused' | 'ended' | 'destroyed';
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
  /** The guest's processors stand still until `resume`; its devices' connections stay. Legal while running, safe twice. */
  pause(signal?: AbortSignal): Promise<void>;
  /** Legal while running or paused, safe twice. */
  resume(signal?: AbortSignal): Promise<void>;
  /**
   * Writes memory and devices, not the drives' content, into a folder. Legal while running or paused; the guest stands still
   * meanwhile, and afterwards the machine is as before, but its control streams end. On error the folder is not there.
   */
  snapshot(options: SnapshotOptions): Promise<SnapshotFacts>;
  /** Changes what can be changed, in the order of {@link MachineChange}; what was done before an error stays. Legal while running or paused. */
  change(change: MachineChange, signal?: AbortSignal): Promise<void>;
  /** Legal while running or paused. */
  inspect(signal?: AbortSignal): Promise<MachineFacts>;
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
