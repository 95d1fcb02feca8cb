import { readElf } from '../elf/elf.ts';
import { checkGuestKernel, type KernelGap } from './check-guest-kernel.ts';
import { hasPvhEntry } from './pvh-entry.ts';

/** What a kernel image says of itself, as far as booting a base asks for it. */
export interface KernelFacts {
  /** `uname -r`; undefined if it was not found. */
  readonly release: string | undefined;
  /**
   * What it lacks to bring the appliance up, and what to boot a disk by itself; to be started by its PVH entry, and to find
   * devices by ACPI.
   */
  readonly gaps: Readonly<Record<'appliance' | 'in-place' | 'pvh' | 'acpi', readonly KernelGap[]>>;
}

/** Texts of built-in parts that {@link checkGuestKernel} does not look for: the name of a driver, a word of the command line. */
const others = {
  appliance: {
    name: 'virtio_console',
    why: 'the control channel on QEMU',
    option: 'CONFIG_VIRTIO_CONSOLE',
    text: '\0virtio_console\0',
  },
  'in-place': { name: 'ip=', why: 'the address', option: 'CONFIG_IP_PNP', text: '\0ip=\0' },
} as const;

const noPvhEntry: KernelGap = {
  name: 'the PVH entry',
  why: 'starting a vmlinux',
  option: 'CONFIG_PVH',
  found: 'absent',
  mayBeModule: false,
};

/** Reads an uncompressed kernel (`vmlinux`). Throws ELF_INVALID. */
export function readKernelFacts(vmlinux: Buffer, name: string): KernelFacts {
  const banner = vmlinux.indexOf('Linux version ', 0, 'latin1');
  const line = vmlinux.toString('latin1', Math.max(0, banner), banner + 100);
  const gapsOf = (use: 'appliance' | 'in-place'): KernelGap[] => {
    const { text, ...other } = others[use];
    const gaps = checkGuestKernel(vmlinux, name, use);
    const isThere = vmlinux.includes(text, 0, 'latin1');
    return isThere ? gaps : [...gaps, { ...other, found: 'unknown', mayBeModule: false }];
  };
  return {
    release: banner === -1 ? undefined : /^Linux version (\S{1,64}) /.exec(line)?.[1],
    gaps: {
      appliance: gapsOf('appliance'),
      'in-place': gapsOf('in-place'),
      pvh: hasPvhEntry(readElf(vmlinux, name), name) ? [] : [noPvhEntry],
      acpi: checkGuestKernel(vmlinux, name, 'acpi'),
    },
  };
}
