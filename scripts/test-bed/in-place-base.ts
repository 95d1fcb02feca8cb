import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../src/base/digest.ts';
import { silentEmitter } from '../../src/base/events.ts';
import { findProgram } from '../../src/base/find-program.ts';
import { runProcess } from '../../src/base/process.ts';
import { mergeLayers } from '../../src/formats/tree/merged-tree.ts';
import { writeExt4File } from '../../src/images/ext4-file.ts';
import { openChain } from '../../src/images/open-chain.ts';
import { openStore } from '../../src/store/open-store.ts';
import { aptSources } from './apt-sources.ts';
import { cached, keyOf } from './cache.ts';

const packages = ['busybox-static', 'iproute2', 'iputils-ping', 'openssh-server', 'sudo', 'systemd-sysv'];

/** In the tree that mmdebstrap has made, `$1`. Units that do nothing here cost seconds of an emulated boot. */
const hook = `set -e
chroot "$1" useradd -m -s /bin/bash debian
echo 'debian ALL=(ALL) NOPASSWD: ALL' >"$1/etc/sudoers.d/debian"
echo base >"$1/etc/hostname"
printf '127.0.0.1 localhost base\\n' >"$1/etc/hosts"
: >"$1/etc/fstab"
rm -f "$1/etc/resolv.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \\
  fstrim.timer systemd-hwdb-update.service systemd-logind.service systemd-pstore.service getty@tty1.service \\
  systemd-journal-catalog-update.service systemd-update-utmp.service dev-hugepages.mount; do
  ln -sf /dev/null "$1/etc/systemd/system/$unit"
done`;

/**
 * A Debian with systemd, an SSH server, sudo and the user `debian`, as an ext4 disk; kept between runs. Needs no root:
 * mmdebstrap uses user namespaces, and the disk is written by Firekiln.
 */
export async function inPlaceBase(): Promise<string> {
  const sources = await aptSources();
  const suite = sources?.codename ?? 'bookworm';
  const own = await readFile(new URL(import.meta.url).pathname);
  return await cached('in-place-base', keyOf(own, suite, packages.join()), '.ext4', async (target) => {
    const work = await mkdtemp(`${target}.work-`);
    try {
      const tar = join(work, 'base.tar');
      await runProcess((await findProgram('mmdebstrap')) ?? 'mmdebstrap', {
        args: [
          '--variant=minbase',
          '--format=tar',
          `--include=${packages.join()}`,
          ...['man', 'locale', 'doc'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
          `--customize-hook=sh -c '${hook.replaceAll("'", `'\\''`)}' hook "$1"`,
          suite,
          tar,
          ...(sources === undefined ? [] : ['-']),
        ],
        stdin: { text: `${(sources?.lines ?? []).join('\n')}\n` },
        timeoutMs: 550_000,
      });
      await using store = await openStore({ dataDir: join(work, 'data'), emitter: silentEmitter });
      const { createReadStream } = await import('node:fs');
      const { diffId } = await store.layers.put(createReadStream(tar) as AsyncIterable<Uint8Array>);
      using chain = await openChain(store, [diffId]);
      await writeExt4File(mergeLayers(chain.layers), target, {
        identity: sha256('in-place-base'),
        writable: { freeBytes: 256 << 20 },
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}
