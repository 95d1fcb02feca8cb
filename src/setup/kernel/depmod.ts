import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../../base/process.ts';

/** What depmod needs to run. */
export const depmodPackages: readonly string[] = ['kmod', 'libc6', 'liblzma5', 'libzstd1', 'libssl3', 'zlib1g'];

/**
 * Makes the indexes that modprobe reads (`modules.dep.bin` and others, depmod(8)) with the depmod of unpacked packages, for the host
 * may have none.
 *
 * @param tools Folder with the unpacked {@link depmodPackages}.
 * @param root Folder that holds `lib/modules/<release>`.
 */
export async function runDepmod(tools: string, root: string, release: string, signal?: AbortSignal): Promise<void> {
  const below = (path: string) => [join(tools, path), join(tools, 'usr', path)].find((one) => existsSync(one));
  const linker = below('lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  const kmod = below('bin/kmod');
  if (linker === undefined || kmod === undefined) throw new Error(`no kmod in ${tools}`);
  const libraries = [join(tools, 'lib/x86_64-linux-gnu'), join(tools, 'usr/lib/x86_64-linux-gnu')].join(':');
  await runProcess(linker, {
    // A program named depmod behaves as one; kmod alone has other commands.
    args: ['--library-path', libraries, '--argv0', 'depmod', kmod, '-b', root, release],
    timeoutMs: 120_000,
    signal,
  });
}
