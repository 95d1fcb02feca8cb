import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { emptyByteString } from '../../src/base/byte-string.ts';
import { runProcess } from '../../src/base/process.ts';
import { openExt4 } from '../../src/formats/ext4/reader/open.ts';
import { upperLayer } from '../../src/formats/overlay/upper-layer.ts';
import type { TreeEntry } from '../../src/formats/tree/entry.ts';
import { mergeLayers } from '../../src/formats/tree/merged-tree.ts';
import { factsOfTree } from '../support/facts-of-tree.ts';
import { bootGuest } from '../support/guest-kernel/boot-guest.ts';
import { expectedListing, listing, readListing } from '../support/guest-kernel/guest-listing.ts';
import { imageFile } from '../support/image-file.ts';
import { useTemporaryFolderOfFile } from '../support/temporary-folder.ts';
import { describeWithTools } from '../support/tools.ts';

const large = 20_000;

/** Killed when all is written to the journal and little of it to its place. */
const script = `
mount -t ext4 /dev/vda /mnt
cd /mnt
mkdir inline many deep
echo tiny >inline/file
ln -s file inline/link
i=0; while [ $i -lt 3000 ]; do : >many/a-rather-long-name-of-a-file-$i; i=$((i + 1)); done
rm many/*7
: >attributes
setfattr -n user.large -v "$(head -c ${large} /dev/zero | tr '\\0' x)" attributes
setfattr -n user.small -v s attributes
i=0; while [ $i -lt 40 ]; do
  dd if=/dev/urandom of=one bs=4096 count=1 seek=$i conv=notrunc,fsync 2>/dev/null
  dd if=/dev/urandom of=two bs=4096 count=1 seek=$((i * 2)) conv=notrunc,fsync 2>/dev/null
  i=$((i + 1))
done
dd if=/dev/urandom of=sparse bs=4096 seek=900 count=3 2>/dev/null
fallocate -l 1000000 allocated
echo start | dd of=allocated conv=notrunc 2>/dev/null
truncate -s 12345 shorter; truncate -s 99999 shorter
ln one deep/other-name
mknod deep/device c 300 70000
mkfifo -m 620 deep/fifo
chown 4000000000:70000 sparse
touch -d @4000000000 inline/file
exec 5>orphan
echo gone >&5
rm orphan
sync
${listing('/dev/vdb')}
sync
echo kill-now
sleep 100
`;

const tools = ['qemu-system-x86_64', 'busybox', 'cpio', 'mke2fs', 'debugfs', 'setfattr', 'apt-get'];

describeWithTools(tools, 'what a kernel leaves on a disk whose machine is killed', () => {
  const folder = useTemporaryFolderOfFile();
  const at = (name: string) => join(folder.path, name);
  const debugfs = async (command: string) =>
    (await runProcess('/sbin/debugfs', { args: ['-R', command, at('disk.ext4')] })).stdout.toString();

  beforeAll(async () => {
    const features = ['-O', 'inline_data,ea_inode,64bit', '-E', 'lazy_itable_init=0'];
    await runProcess('/sbin/mke2fs', { args: ['-q', '-t', 'ext4', ...features, at('disk.ext4'), '128M'] });
    writeFileSync(at('list'), '');
    truncateSync(at('list'), 4 << 20);
    const disks = [{ path: at('disk.ext4') }, { path: at('list') }];
    await bootGuest({ disks, script, programs: ['setfattr'], killAt: 'kill-now' });
  }, 300_000);

  it('is read as the kernel saw it, without being mounted or repaired', async () => {
    expect(await debugfs('features')).toMatch(/inline_data/);
    expect(await debugfs('show_super_stats -h')).toMatch(/needs_recovery/);
    using image = imageFile(at('disk.ext4'));
    const fileSystem = openExt4(image);
    const entries: TreeEntry[] = [];
    for (const { path, what } of upperLayer({ fileSystem, upper: emptyByteString, parent: mergeLayers([]) })) {
      if (what.type === 'inode') entries.push({ path, inode: { ...what.inode, key: what.inode.number, layer: 0 } });
    }
    const facts = factsOfTree({ layers: [{ data: fileSystem.image }], walk: () => entries.values() });
    const expected = expectedListing(facts, true);
    const listed = readListing(at('list'));
    expect(expected.size).toBeGreaterThan(2700);
    expect(expected).toEqual(listed);
    const attributes = facts.find(({ path }) => path === 'attributes')?.xattrs;
    expect(attributes).toEqual({ 'user.large': '78'.repeat(large), 'user.small': '73' });
    // More than an inode holds itself.
    expect(entries.find(({ path }) => path === 'two')?.inode.data.length).toBeGreaterThan(4);
  });
});
