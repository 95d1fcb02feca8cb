import type { KernelFacts } from '../../formats/kernel/kernel-facts.ts';

/** Without these no kernel brings a base up, however it is started; the others can be loaded as modules. */
const always = ['CONFIG_EXT4_FS', 'CONFIG_DEVTMPFS', 'CONFIG_VIRTIO_MMIO', 'CONFIG_VIRTIO_BLK'];

/** What keeps a kernel from starting the base's disk by itself, without an initramfs. */
export function missingForDirectBoot({ missing }: KernelFacts): readonly string[] {
  return missing.filter((name) => [...always, 'CONFIG_VIRTIO_NET', 'CONFIG_IP_PNP'].includes(name));
}

/** What keeps a kernel from being brought up by the appliance without modules; `transport` is how it is controlled. */
export function missingForAppliance({ missing }: KernelFacts, transport: 'virtio-serial' | 'vsock'): readonly string[] {
  const control = transport === 'vsock' ? 'CONFIG_VIRTIO_VSOCKETS' : 'CONFIG_VIRTIO_CONSOLE';
  return missing.filter((name) => [...always, 'CONFIG_BLK_DEV_INITRD', control].includes(name));
}
