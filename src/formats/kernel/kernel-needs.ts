/** A part of Linux that guests can't do without. */
export interface KernelNeed {
  /** For people; a module's name where it can be one. */
  readonly name: string;
  readonly why: string;
  /** One of these options is enough. */
  readonly options: readonly string[];
  /** Texts of which a kernel that has it built in holds one, in all versions since 4.14; empty if there is none to rely on. */
  readonly marks: readonly string[];
  /** It may also be a module, if the initramfs brings that. */
  readonly mayBeModule: boolean;
}

const devices: KernelNeed = {
  name: 'virtio_mmio',
  why: 'every device of a microVM',
  options: ['CONFIG_VIRTIO_MMIO'],
  marks: ['virtio-mmio'],
  mayBeModule: true,
};
const discovery: KernelNeed = {
  name: 'ACPI or virtio_mmio.device=',
  why: 'finding the devices',
  options: ['CONFIG_ACPI', 'CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES'],
  marks: ['ACPI: Core revision', 'virtio_mmio.device'],
  mayBeModule: false,
};
const drives: KernelNeed = {
  name: 'virtio_blk',
  why: 'drives',
  options: ['CONFIG_VIRTIO_BLK'],
  marks: ['virtio_blk', 'virtio-blk'],
  mayBeModule: true,
};
const ext4: KernelNeed = {
  name: 'ext4',
  why: 'the file systems on drives',
  options: ['CONFIG_EXT4_FS'],
  marks: ['ext4_inode_cache'],
  mayBeModule: true,
};
const serial: KernelNeed = {
  name: 'console on the serial port',
  why: 'boot messages and the end of a panic',
  options: ['CONFIG_SERIAL_8250_CONSOLE'],
  marks: ['serial8250'],
  mayBeModule: false,
};
const deviceFiles: KernelNeed = {
  name: 'devtmpfs',
  why: '/dev',
  options: ['CONFIG_DEVTMPFS'],
  marks: ['devtmpfs: initialized'],
  mayBeModule: false,
};
const network: KernelNeed = {
  name: 'virtio_net',
  why: 'the network',
  options: ['CONFIG_VIRTIO_NET'],
  marks: ['set mac address by vq command', 'able promisc mode'],
  mayBeModule: true,
};

/**
 * By what boots with the kernel: Firekiln's appliance, or a root file system with its own init and no initramfs; and what
 * VMMs need that name their devices by ACPI only.
 */
export const kernelNeeds = {
  appliance: [
    {
      name: 'initramfs',
      why: 'starting the appliance',
      options: ['CONFIG_BLK_DEV_INITRD'],
      marks: ['unpack rootfs image as initramfs'],
      mayBeModule: false,
    },
    devices,
    discovery,
    drives,
    ext4,
    {
      name: 'overlay',
      why: 'images',
      options: ['CONFIG_OVERLAY_FS'],
      marks: ['overlayfs: '],
      mayBeModule: true,
    },
    {
      name: 'vmw_vsock_virtio_transport',
      why: 'the control channel on Firecracker',
      options: ['CONFIG_VIRTIO_VSOCKETS'],
      marks: ['virtio_vsock'],
      mayBeModule: true,
    },
    deviceFiles,
    serial,
  ],
  acpi: [
    {
      name: 'ACPI',
      why: 'finding the devices',
      options: ['CONFIG_ACPI'],
      marks: ['ACPI: Core revision'],
      mayBeModule: false,
    },
    {
      // Without it ACPI's own initialisation fails, whether there is a PCI bus or not.
      name: 'PCI',
      why: 'ACPI',
      options: ['CONFIG_PCI'],
      marks: ['PCI host bridge to bus'],
      mayBeModule: false,
    },
  ],
  'in-place': [devices, discovery, drives, ext4, network, deviceFiles, serial].map((need) => ({
    ...need,
    mayBeModule: false,
  })),
} as const satisfies Record<string, readonly KernelNeed[]>;
