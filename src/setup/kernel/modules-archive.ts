import { byteStringFromText } from '../../base/byte-string.ts';
import { type CpioEntry, writeCpio } from '../../formats/cpio/cpio.ts';
import type { BootModule } from './boot-modules.ts';

/**
 * The part of the initramfs that comes from the kernel: `/modules/<name>.ko`, and `/modules/order`, one line per module
 * in an order in which they can be loaded: the name, then everything that must be loaded before it.
 */
export function writeModulesArchive(modules: readonly BootModule[]): Buffer {
  const file = (path: string, data: Buffer): CpioEntry => ({
    path: byteStringFromText(path),
    mode: 0o644,
    content: { kind: 'file', data },
  });
  const before = new Map<string, string[]>();
  for (const { name, depends } of modules) {
    const all = depends.flatMap((one) => (before.has(one) ? [...(before.get(one) ?? []), one] : []));
    before.set(name, [...new Set(all)]);
  }
  const order = modules.map(({ name }) => `${[name, ...(before.get(name) ?? [])].join(' ')}\n`).join('');
  return writeCpio([
    { path: byteStringFromText('modules'), mode: 0o755, content: { kind: 'directory' } },
    file('modules/order', Buffer.from(order)),
    ...modules.map(({ name, bytes }) => file(`modules/${name}.ko`, bytes)),
  ]);
}
