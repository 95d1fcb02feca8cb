import type { KernelGap } from '../../formats/kernel/check-guest-kernel.ts';
import type { KernelFacts } from '../../formats/kernel/kernel-facts.ts';

/** What keeps a kernel from being brought up by the appliance without modules; `transport` is how it is controlled. */
export function gapsForAppliance({ gaps }: KernelFacts, transport: 'virtio-serial' | 'vsock'): readonly KernelGap[] {
  // A base's disk is no overlay.
  const notNeeded = ['CONFIG_OVERLAY_FS', transport === 'vsock' ? 'CONFIG_VIRTIO_CONSOLE' : 'CONFIG_VIRTIO_VSOCKETS'];
  return gaps.appliance.filter(({ option }) => !notNeeded.includes(option));
}

/** Gaps that are known, not only suspected. */
export function known(gaps: readonly KernelGap[]): readonly KernelGap[] {
  return gaps.filter(({ found }) => found !== 'unknown');
}
