import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** The banner that every kernel carries (Linux, init/version.c, linux_banner). */
const banner = Buffer.from('Linux version ');

/** `uname -r` of an uncompressed kernel. Throws KERNEL_INVALID for something that does not say. */
export function kernelRelease(vmlinux: Buffer, name: string): string {
  for (let at = vmlinux.indexOf(banner); at >= 0; at = vmlinux.indexOf(banner, at + 1)) {
    const text = vmlinux.toString('latin1', at + banner.length, at + banner.length + 128);
    const release = /^([0-9]+\.[0-9][A-Za-z0-9._+~-]*) \(/.exec(text)?.[1];
    if (release !== undefined) return release;
  }
  throw new FirekilnError('KERNEL_INVALID', `${name} does not say which version of Linux it is`);
}
