/** What a kernel image says of itself, as far as booting a base asks for it. */
export interface KernelFacts {
  /** `uname -r`; undefined if it was not found. */
  readonly release: string | undefined;
  /** Names of Kconfig options that are not built in, such as `CONFIG_VIRTIO_BLK`. */
  readonly missing: readonly string[];
}

/**
 * Strings that are in a kernel if an option is built in, and in a module otherwise: names of drivers and file systems, and
 * of words of the command line. Most kernels do not carry their configuration (CONFIG_IKCONFIG).
 */
const marks: Readonly<Record<string, string>> = {
  CONFIG_EXT4_FS: 'ext4',
  CONFIG_DEVTMPFS: 'devtmpfs',
  CONFIG_VIRTIO_MMIO: 'virtio-mmio',
  CONFIG_VIRTIO_BLK: 'virtio_blk',
  CONFIG_VIRTIO_NET: 'virtio_net',
  CONFIG_VIRTIO_CONSOLE: 'virtio_console',
  CONFIG_VIRTIO_VSOCKETS: 'vmw_vsock_virtio_transport',
  CONFIG_BLK_DEV_INITRD: 'rdinit=',
  CONFIG_IP_PNP: 'ip=',
};

/** Reads an uncompressed kernel (`vmlinux`). */
export function readKernelFacts(vmlinux: Buffer): KernelFacts {
  const banner = vmlinux.indexOf('Linux version ', 0, 'latin1');
  const release = /^Linux version (\S{1,64}) /.exec(vmlinux.toString('latin1', banner, banner + 100))?.[1];
  const has = (text: string) => vmlinux.includes(`\0${text}\0`, 0, 'latin1');
  return {
    release: banner === -1 ? undefined : release,
    missing: Object.entries(marks).flatMap(([option, text]) => (has(text) ? [] : [option])),
  };
}
