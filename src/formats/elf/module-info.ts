import { type ElfFile, elfBytes } from './elf.ts';

/** What a kernel module says about itself in its `.modinfo` section. */
export interface ModuleInfo {
  /** With underscores, as in /proc/modules. */
  readonly name: string;
  /** Names of the modules that must be loaded before it. */
  readonly depends: readonly string[];
  /** Release and features of the kernel that it was built for. */
  readonly vermagic: string;
}

/** Throws ELF_INVALID. */
export function readModuleInfo(elf: ElfFile, file: string): ModuleInfo {
  const section = elf.sections.find(({ name }) => name === '.modinfo');
  const bytes = section === undefined ? Buffer.alloc(0) : elfBytes(elf, section, file);
  const fields = new Map<string, string>();
  for (const field of bytes.toString('latin1').split('\0')) {
    const equals = field.indexOf('=');
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  return {
    name: moduleName(fields.get('name') ?? file),
    depends: (fields.get('depends') ?? '').split(',').filter(Boolean).map(moduleName),
    vermagic: fields.get('vermagic') ?? '',
  };
}

/** `drivers/char/hw_random/virtio-rng.ko.xz` is the module `virtio_rng`. */
export function moduleName(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return base.replace(/\.ko(?:\.(?:gz|xz|zst))?$/, '').replaceAll('-', '_');
}
