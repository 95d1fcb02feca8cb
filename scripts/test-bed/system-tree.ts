import { readFile } from 'node:fs/promises';
import { findProgram } from '../../src/base/find-program.ts';
import { runProcess } from '../../src/base/process.ts';
import { aptSources } from './apt-sources.ts';
import { cached, keyOf } from './cache.ts';

/** What the tests need inside, one Debian package each. */
const packages = [
  'busybox-static',
  'ca-certificates',
  'containernetworking-plugins',
  'cpio',
  'curl',
  'dropbear-bin',
  'e2fsprogs',
  'git',
  'iproute2',
  'iptables',
  'kmod',
  'lz4',
  'netcat-openbsd',
  'nftables',
  'openssh-server',
  'passt',
  'procps',
  'slirp4netns',
  'socat',
  'strace',
  'uidmap',
  'util-linux',
  'xz-utils',
  'zstd',
];

/**
 * The tar of the bed's Debian: packages, kernel and modules, and in /boot `vmlinuz` and `initrd`. Needs no root:
 * mmdebstrap uses user namespaces where it isn't root.
 */
export async function systemTree(): Promise<string> {
  const sources = await aptSources();
  const suite = sources?.codename ?? 'bookworm';
  const hook = new URL('guest/install-kernel', import.meta.url).pathname;
  const init = new URL('guest/initrd-init', import.meta.url).pathname;
  const key = keyOf(suite, packages.join(), await readFile(hook), await readFile(init), (sources?.lines ?? []).join());
  return await cached('system', key, '.tar', async (target) => {
    await runProcess((await findProgram('mmdebstrap')) ?? 'mmdebstrap', {
      args: [
        '--variant=minbase',
        '--format=tar',
        `--include=${packages.join()}`,
        '--dpkgopt=path-exclude=/usr/share/man/*',
        '--dpkgopt=path-exclude=/usr/share/locale/*',
        '--dpkgopt=path-exclude=/usr/share/doc/*',
        `--customize-hook=copy-in ${hook} ${init} /tmp`,
        '--customize-hook=chroot "$1" sh /tmp/install-kernel',
        suite,
        target,
        ...(sources === undefined ? [] : ['-']),
      ],
      stdin: { text: `${(sources?.lines ?? []).join('\n')}\n` },
      timeoutMs: 600_000,
    });
  });
}
