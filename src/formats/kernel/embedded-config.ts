import { gunzipSync } from 'node:zlib';

/** Linux, kernel/configs.c: the configuration, packed with gzip, lies between these marks (CONFIG_IKCONFIG). */
const startMark = Buffer.from('IKCFG_ST');
const endMark = Buffer.from('IKCFG_ED');
/** A configuration of a distribution has 0.3 MB. */
const maxConfigBytes = 4 << 20;
const maxPackedBytes = 1 << 20;
/** The marks may be in a kernel's text elsewhere, such as in its own extraction script. */
const maxTries = 16;

export type KernelConfig = ReadonlyMap<string, string>;

/** The configuration that a kernel carries in itself, by option with `CONFIG_`; undefined if it has none. */
export function embeddedConfig(vmlinux: Buffer): KernelConfig | undefined {
  let at = -1;
  for (let tries = 0; tries < maxTries; tries++) {
    at = vmlinux.indexOf(startMark, at + 1);
    if (at < 0) return undefined;
    const start = at + startMark.length;
    const end = vmlinux.subarray(start, start + maxPackedBytes).indexOf(endMark);
    if (end < 0) continue;
    try {
      const packed = vmlinux.subarray(start, start + end);
      return parseKernelConfig(gunzipSync(packed, { maxOutputLength: maxConfigBytes }).toString('latin1'));
    } catch {
      // The marks without a configuration between them.
    }
  }
  return undefined;
}

/** `CONFIG_X=value` by line (Linux, Documentation/kbuild/kconfig-language.rst); what is not set is not in it. */
export function parseKernelConfig(text: string): KernelConfig {
  const config = new Map<string, string>();
  for (const [, option, value] of text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) {
    if (option !== undefined && value !== undefined) config.set(option, value);
  }
  return config;
}
