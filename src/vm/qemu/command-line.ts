import type { NetworkAttachment } from '../../net/provider.ts';
import { controlPortName, type DriveSpec, type MachineSpec } from '../driver.ts';

/** What makes an emulated or accelerated VM; found out per host, see accelerate.ts. */
export interface QemuAcceleration {
  readonly kind: 'kvm' | 'tcg';
  /** The host's clock rate, for emulated guests. Without it they measure it, and hang where that fails. */
  readonly tscKhz?: number | undefined;
}

/** Paths as QEMU sees them from the folder in which it starts. */
export interface QemuFiles {
  readonly kernel: string;
  /** One file with all archives. */
  readonly initrd: string | undefined;
  readonly controlSocket: string;
  readonly qmpSocket: string;
  readonly networkSocket: string;
}

/** virtio-mmio slots of `-M microvm` with ACPI (hw/i386/microvm.c: the second I/O APIC has 24 lines). */
const virtioSlots = 24;
/** The drives follow standard input, output and error, in order. */
const firstDriveFd = 3;
/** Slots that are not for drives: control port, entropy, network. */
const ownSlots = 3;

export const qemuLimits = {
  maxDrives: virtioSlots - ownSlots,
  /** Above, the machine type would need an interrupt remapping that it does not have. */
  maxVcpus: 255,
  minMemoryMiB: 64,
} as const;

/** Kernel words that guests on QEMU's microvm need, whoever boots them. */
export function qemuKernelArgs(acceleration: QemuAcceleration): string[] {
  const words = ['console=ttyS0', 'panic=-1', 'reboot=t', 'quiet', 'pci=off'];
  if (acceleration.kind === 'kvm') return words;
  // The emulated time stamp counter ticks at the host's rate: trusted, the guest's clock keeps up on a busy host.
  const clock = acceleration.tscKhz === undefined ? [] : [`tsc_early_khz=${acceleration.tscKhz}`];
  return [...words, ...clock, 'clocksource=tsc', 'tsc=reliable', 'no_timer_check', 'mitigations=off'];
}

/** The arguments of qemu-system-x86_64 (qemu(1)). */
export function qemuArguments(spec: MachineSpec, acceleration: QemuAcceleration, files: QemuFiles): string[] {
  const kernelArgs = [...qemuKernelArgs(acceleration), ...rootArgs(spec), ...spec.kernelArgs].join(' ');
  return [
    ['-name', `firekiln-${spec.id}`],
    ['-M', 'microvm,acpi=on,pcie=off,usb=off,graphics=off'],
    acceleration.kind === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max'],
    ['-smp', String(spec.vcpus), '-m', `${spec.memoryMiB}M`],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-S'],
    // A guest that breaks out of the emulator can start no program and gain no rights.
    ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ['-kernel', files.kernel, '-append', kernelArgs],
    files.initrd === undefined ? [] : ['-initrd', files.initrd],
    ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ['-chardev', `socket,id=qmp,path=${escaped(files.qmpSocket)},server=on,wait=off`],
    ['-mon', 'chardev=qmp,mode=control'],
    spec.drives.flatMap((drive, i) => driveArguments(drive, firstDriveFd + i)),
    ['-device', 'virtio-serial-device,max_ports=2'],
    ['-chardev', `socket,id=control,path=${escaped(files.controlSocket)},server=on,wait=off`],
    ['-device', `virtserialport,chardev=control,id=control,name=${controlPortName}`],
    ['-device', 'virtio-rng-device'],
    spec.network === undefined ? [] : networkArguments(spec.network, files.networkSocket),
  ].flat();
}

/** What Firecracker adds by itself for its root drive. */
function rootArgs({ rootDrive, drives: [first] }: MachineSpec): string[] {
  if (rootDrive === undefined) return [];
  const { partuuid } = rootDrive;
  return [partuuid === undefined ? 'root=/dev/vda' : `root=PARTUUID=${partuuid}`, first?.readOnly ? 'ro' : 'rw'];
}

function driveArguments(drive: DriveSpec, fd: number): string[] {
  const node = {
    driver: 'raw',
    'node-name': `drive-${drive.id}`,
    'read-only': drive.readOnly,
    discard: 'unmap',
    cache: { direct: false, 'no-flush': drive.durable === false },
    // Readers of a shared segment take no locks: one VM's must not depend on what another does with the file.
    file: { driver: 'file', filename: `/dev/fdset/${fd}`, locking: drive.readOnly ? 'off' : 'auto' },
  };
  const shared = drive.readOnly ? ',share-rw=on' : '';
  return [
    '-add-fd',
    `fd=${fd},set=${fd}`,
    '-blockdev',
    JSON.stringify(node),
    '-device',
    `virtio-blk-device,drive=drive-${drive.id},serial=${drive.id}${shared}`,
  ];
}

function networkArguments(network: NetworkAttachment, socket: string): string[] {
  const backend =
    network.kind === 'stream-socket'
      ? `stream,id=net,server=off,addr.type=unix,addr.path=${escaped(socket)}`
      : `tap,id=net,ifname=${escaped(network.tapName)},script=no,downscript=no`;
  const mtu = network.mtu === undefined ? '' : `,host_mtu=${network.mtu}`;
  return ['-netdev', backend, '-device', `virtio-net-device,netdev=net,mac=${network.mac}${mtu}`];
}

/** A value in QEMU's `key=value,..` lists: a comma is written twice. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
