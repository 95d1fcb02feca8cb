import { readElf } from '../elf/elf.ts';
import { embeddedConfig, type KernelConfig } from './embedded-config.ts';
import { type KernelNeed, kernelNeeds } from './kernel-needs.ts';

/** Something that a kernel lacks. */
export interface KernelGap extends Pick<KernelNeed, 'name' | 'why' | 'mayBeModule'> {
  /** The option that would bring it. */
  readonly option: string;
  /**
   * `absent`: the kernel's own configuration says so. `module`: it is a module. `unknown`: the kernel has no configuration
   * in it (CONFIG_IKCONFIG), and nothing in its text shows that it is built in: it may be a module, or absent.
   */
  readonly found: 'absent' | 'module' | 'unknown';
}

/** elf(5), e_machine. */
const x86_64 = 62;

/**
 * What an uncompressed kernel does not have built in of what is needed to boot with it, in the order of need. For
 * `appliance`, gaps that `mayBeModule` are none if the initramfs brings the module. Throws ELF_INVALID.
 */
export function checkGuestKernel(vmlinux: Buffer, name: string, use: keyof typeof kernelNeeds): KernelGap[] {
  const { machine } = readElf(vmlinux, name);
  const config = embeddedConfig(vmlinux);
  const gaps: KernelGap[] = [];
  if (machine !== x86_64) {
    const why = 'booting on this machine';
    gaps.push({ name: 'x86-64', why, option: 'CONFIG_X86_64', found: 'absent', mayBeModule: false });
  }
  for (const need of kernelNeeds[use]) {
    const found = config === undefined ? foundInText(vmlinux, need) : foundInConfig(config, need);
    const { name: feature, why, options, mayBeModule } = need;
    if (found !== 'built-in') gaps.push({ name: feature, why, option: options[0] ?? '', found, mayBeModule });
  }
  return gaps;
}

/** A gap as one line for people. */
export function describeGap({ name, why, option, found }: KernelGap): string {
  const how = {
    absent: `is missing (${option}=y)`,
    module: `is a module, and must be built in (${option}=y)`,
    unknown: `can't be seen to be built in (${option}=y), and the kernel does not carry its configuration (CONFIG_IKCONFIG)`,
  };
  return `${name}, for ${why}, ${how[found]}`;
}

function foundInConfig(config: KernelConfig, { options }: KernelNeed): KernelGap['found'] | 'built-in' {
  const values = options.map((option) => config.get(option));
  if (values.includes('y')) return 'built-in';
  return values.includes('m') ? 'module' : 'absent';
}

function foundInText(vmlinux: Buffer, { marks }: KernelNeed): KernelGap['found'] | 'built-in' {
  return marks.some((mark) => vmlinux.includes(mark)) ? 'built-in' : 'unknown';
}
