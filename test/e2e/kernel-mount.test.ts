import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ByteString } from '../../src/base/byte-string.ts';
import type { Digest } from '../../src/base/digest.ts';
import { silentEmitter } from '../../src/base/events.ts';
import { runProcess } from '../../src/base/process.ts';
import { mergeLayers } from '../../src/formats/tree/merged-tree.ts';
import { openChain } from '../../src/images/open-chain.ts';
import { ensureSegments } from '../../src/images/segments/ensure-segments.ts';
import { openStore } from '../../src/store/open-store.ts';
import { someBytes } from '../support/bytes.ts';
import { writeImageFile } from '../support/ext4-image.ts';
import { expectClean } from '../support/ext4-judges.ts';
import { factsOfTree, type TreeFacts } from '../support/facts-of-tree.ts';
import { bootGuest } from '../support/guest-kernel/boot-guest.ts';
import { expectedListing, listing, readListing } from '../support/guest-kernel/guest-listing.ts';
import { type MemoryFile, memoryTree } from '../support/memory-tree.ts';
import { type RawMember, rawTar } from '../support/raw-tar.ts';
import { useTemporaryFolderOfFile } from '../support/temporary-folder.ts';
import { describeWithTools } from '../support/tools.ts';

const mib = 2 ** 20;
const year2400 = Date.UTC(2400, 0) / 1000;
const large = 'x'.repeat(9000);

const files: readonly MemoryFile[] = [
  { path: `names/${'\xff'.repeat(255)}` as ByteString, content: 'not UTF-8' },
  { path: `names/${'ü'.repeat(127)}`, content: 'UTF-8' },
  { path: `deep/${'d/'.repeat(300)}end`, content: 'end' },
  { path: 'old', content: '1', seconds: -2_000_000_000 },
  { path: 'late', content: '2', seconds: year2400, nanoseconds: 999_999_999 },
  { path: 'owner', content: '3', uid: 4_000_000_000, gid: 70_000, mode: 0o6755 },
  { path: 'first', content: someBytes(300_000) },
  { path: 'second', linkTo: 'first' },
  { path: 'link', kind: 'symlink', target: 'first' },
  { path: 'long-link', kind: 'symlink', target: 'y/'.repeat(1500) },
  { path: 'null', kind: 'character', mode: 0o666, major: 1, minor: 3 },
  { path: 'disk', kind: 'block', major: 259, minor: 100_000 },
  { path: 'fifo', kind: 'fifo' },
  { path: 'socket', kind: 'socket' },
  { path: 'holes', size: 5_000_000_000, pieces: [{ at: 4_000_000_000, bytes: Buffer.from('island') }] },
  {
    path: 'attributes',
    content: '4',
    xattrs: {
      'user.small': 's',
      'user.large': large,
      'security.capability': Buffer.from('0100000200200000000000000000000000000000', 'hex'),
      'trusted.overlay.opaque': 'y',
    },
  },
  ...Array.from({ length: 50_000 }, (_, i) => ({ path: `many/name-of-a-file-${i}`, mode: 0o600 })),
];

const dir = (name: string, mode = '0000755'): RawMember => ({ name, typeFlag: '5', fields: { mode } });
const file = (name: string, data = name): RawMember => ({ name, data: Buffer.from(data) });
const link = (name: string, linkName: string): RawMember => ({ name, typeFlag: '1', linkName });
const layers: readonly (readonly RawMember[])[] = [
  [dir('tmp/', '0001777'), dir('a/'), file('a/one'), file('a/two'), file('a/three'), dir('b/', '0000700'), file('b/x')],
  [
    file('a/.wh.one', ''),
    file('tmp/new'),
    dir('b/'),
    file('b/.wh..wh..opq', ''),
    file('b/y'),
    link('tmp/two', 'a/two'),
  ],
  [
    file('a/one', 'again'),
    file('.wh.tmp', ''),
    file('deep/in/here'),
    link('deep/three', 'a/three'),
    file('a/two', 'changed'),
  ],
];

const script = `
mkdir /a /b /c /d /merged /grow
mount -t ext4 -o ro /dev/vda /a
cd /a
${listing('/dev/vde')}
getfattr -d -m - -e hex attributes >/dev/vdf
dd if=holes bs=1000 skip=4000000 count=1 2>/dev/null | head -c 6 | sed 's/^/holes: /'; echo
ls many | wc -l | sed 's/^/many: /'
ls many/name-of-a-file-49999
cd /
mount -t ext4 -o ro /dev/vdb /b
mount -t ext4 -o ro /dev/vdc /c
mount -t ext4 -o ro /dev/vdd /d
mount -t overlay -o ro,lowerdir=/d:/c:/b,redirect_dir=nofollow,metacopy=off,index=off overlay /merged
cd /merged
${listing('/dev/vdg')}
cd /
mount -t ext4 /dev/vdh /grow
echo kept >/grow/before
resize2fs /dev/vdh 2>&1
dd if=/dev/zero of=/grow/large bs=1048576 count=150 2>&1
cat /grow/before /grow/etc/hostname
umount /grow
dmesg | grep -i 'ext4.*error' && exit 1 || true
`;

describeWithTools(
  ['qemu-system-x86_64', 'busybox', 'cpio', 'e2fsck', 'resize2fs', 'getfattr', 'apt-get'],
  'a real kernel',
  () => {
    const folder = useTemporaryFolderOfFile();
    const at = (name: string) => join(folder.path, name);
    let console = '';
    let merged: TreeFacts[] = [];

    beforeAll(async () => {
      await writeImageFile(at('special.ext4'), memoryTree(files));
      for (const [name, size] of [
        ['list', 16 * mib],
        ['attributes', 64 * 1024],
        ['merged-list', mib],
      ] as const) {
        writeFileSync(at(name), '');
        truncateSync(at(name), size);
      }
      const writable = { size: 64 * mib };
      await writeImageFile(at('grow.ext4'), memoryTree([{ path: 'etc/hostname', content: 'firekiln\n' }]), {
        writable,
      });
      truncateSync(at('grow.ext4'), 400 * mib);
      await using store = await openStore({ dataDir: at('data') });
      const diffIds: Digest[] = [];
      for (const members of layers) diffIds.push((await store.layers.put([rawTar(members)])).diffId);
      const segments = await ensureSegments(store, diffIds, { maxSegments: 16, emitter: silentEmitter });
      expect(segments).toHaveLength(3);
      {
        using chain = await openChain(store, diffIds);
        merged = factsOfTree(mergeLayers(chain.layers));
      }
      const disks = [
        { path: at('special.ext4'), readOnly: true },
        ...segments.map(({ path }) => ({ path, readOnly: true })),
        ...['list', 'attributes', 'merged-list', 'grow.ext4'].map((name) => ({ path: at(name) })),
      ];
      console = await bootGuest({ disks, script, programs: ['resize2fs', 'getfattr'] });
    }, 600_000);

    it('finds everything in an image that the writer can write', async () => {
      await expectClean(at('special.ext4'));
      const facts = factsOfTree(memoryTree(files.filter(({ path }) => path !== 'holes')));
      const found = readListing(at('list'));
      expect(found.get('holes')).toMatchObject({ size: 5_000_000_000 });
      found.delete('holes');
      expect(found).toEqual(expectedListing(facts, true));
      expect(console).toContain('\nholes: island\n');
      expect(console).toContain('\nmany: 50000\n');
      expect(console).toContain('\nmany/name-of-a-file-49999\n');
      const attributes = readFileSync(at('attributes'), 'latin1');
      expect(attributes).toContain('user.small=0x73\n');
      expect(attributes).toContain(`user.large=0x${Buffer.from(large).toString('hex')}\n`);
      expect(attributes).toContain('security.capability=0x0100000200200000000000000000000000000000\n');
      expect(attributes).toContain('trusted.overlay.opaque=0x79\n');
    });

    it('sees in an overlay of segments what the merged index says', () => {
      expect(readListing(at('merged-list'), false)).toEqual(expectedListing(merged, false));
    });

    it('grows a writable disk while it is mounted', async () => {
      expect(console).toContain('on-line resizing required');
      expect(console).toContain('\nkept\nfirekiln\n');
      await expectClean(at('grow.ext4'));
      const { stdout } = await runProcess('/sbin/dumpe2fs', { args: ['-h', at('grow.ext4')] });
      expect(stdout.toString()).toMatch(/^Block count: +102400$/m);
    });
  },
);
