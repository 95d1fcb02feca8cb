import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { runProcess } from '../../../src/base/process.ts';
import { bootGuest } from '../guest-kernel/boot-guest.ts';
import { runCases } from './cases.ts';

const here = import.meta.dirname;

/**
 * Runs every RUN case in a virtual machine, each over the same read-only tree with an upper directory of its own:
 * `<name>/upper` in the ext4 image whose path is returned. `folder` must be empty.
 */
export async function runCasesInGuest(folder: string): Promise<{ readonly scratch: string; readonly console: string }> {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('old.ext4'), zstdDecompressSync(readFileSync(join(here, '../../fixtures/run-layers/old.ext4.zst'))));
  mkdirSync(at('tools'));
  const run = (command: string, ...args: string[]) => runProcess(command, { args, timeoutMs: 60_000 });
  await run(join(here, 'make-tools-tree.sh'), at('tools'));
  await run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', at('tools'), at('tools.ext4'), '16M');
  await run('mke2fs', '-q', '-F', '-t', 'ext4', '-b', '4096', at('scratch.ext4'), '64M');
  const console = await bootGuest({
    disks: [
      { path: at('old.ext4'), readOnly: true },
      { path: at('tools.ext4'), readOnly: true },
      { path: at('scratch.ext4') },
    ],
    script: guestScript,
    files: Object.fromEntries(runCases.map(({ name, script }) => [`cases/${name}`, script])),
  });
  return { scratch: at('scratch.ext4'), console };
}

const guestScript = `
umask 022
mkdir /mnt/old /mnt/tools /mnt/scratch /mnt/root
mount -o ro /dev/vda /mnt/old
mount -o ro /dev/vdb /mnt/tools
mount /dev/vdc /mnt/scratch
for file in /cases/*; do
  name=\${file#/cases/}
  echo "case $name"
  mkdir -p /mnt/scratch/$name/upper /mnt/scratch/$name/work
  mount -t overlay -o lowerdir=/mnt/old:/mnt/tools,upperdir=/mnt/scratch/$name/upper,workdir=/mnt/scratch/$name/work,redirect_dir=nofollow,metacopy=off,index=off,xino=on,volatile overlay /mnt/root
  mount --bind /dev /mnt/root/dev
  PATH=/usr/bin:/bin chroot /mnt/root /bin/sh -ec "$(cat $file)" > /dev/null
  umount /mnt/root/dev
  umount /mnt/root
done
umount /mnt/scratch
`;
