import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import { readPartitions } from '../../../src/formats/partitions/read-partitions.ts';
import { rootPartition } from '../../../src/images/root-partition.ts';
import { baseStoreSource } from '../../../src/images/sources/base-store-source.ts';
import { FileAccess } from '../../../src/store/file-access.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const mib = 2 ** 20;
const uuids = ['1b5d5b3c-0000-4000-8000-0123456789ab', '2b5d5b3c-0000-4000-8000-0123456789ab'] as const;

/** A disk of 16 MiB whose second partition, at 4 MiB, holds an ext4 file system. */
async function diskOf(label: 'gpt' | 'dos', path = join(folder.path, 'disk')): Promise<string> {
  await using file = await open(path, 'w');
  await file.truncate(16 * mib);
  const extra = uuids.map((uuid) => (label === 'gpt' ? `, uuid=${uuid}` : ''));
  const lines = [`label: ${label}`, ...(label === 'dos' ? ['label-id: 0x0eaa91a0'] : [])];
  const script = [...lines, `start=2048, size=4096${extra[0]}`, `start=8192, size=20480${extra[1]}`, ''].join('\n');
  await runProcess('sfdisk', { args: ['--quiet', path], stdin: { text: script } });
  await runProcess('mke2fs', { args: ['-q', '-F', '-t', 'ext4', '-E', `offset=${4 * mib}`, path, '10M'] });
  return path;
}

async function damage(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.from([0x5a]), 0, 1, position);
}

describeWithTools(['sfdisk', 'mke2fs', 'debugfs'], 'the root of a disk with partitions', () => {
  it('is the only one with ext4, or that which is named', async () => {
    const path = await diskOf('gpt');
    const second = { number: 2, partuuid: uuids[1], start: 4 * mib, size: 10 * mib };
    expect(rootPartition(path, undefined)).toEqual(second);
    expect(rootPartition(path, uuids[1].toUpperCase())).toEqual(second);
    const dos = await diskOf('dos');
    expect(rootPartition(dos, '0eaa91a0-02')).toEqual({ ...second, partuuid: '0eaa91a0-02' });
  });

  it('must be there: what is there is named', async () => {
    const path = await diskOf('gpt');
    expect(() => rootPartition(path, '3b5d5b3c-0000-4000-8000-0123456789ab')).toThrow(
      expect.objectContaining({
        code: 'PARTITION_UNUSABLE',
        details: [expect.stringContaining(uuids[0]), expect.anything()],
      }),
    );
    const plain = join(folder.path, 'plain');
    await runProcess('mke2fs', { args: ['-q', '-t', 'ext4', plain, '2M'] });
    expect(rootPartition(plain, undefined)).toBeUndefined();
    expect(() => rootPartition(plain, uuids[0])).toThrow(/has no partition table/);
    // A boot sector in front of a file system is no partition table.
    await damage(plain, 446 + 4);
    await using file = await open(plain, 'r+');
    await file.write(Buffer.from([0x55, 0xaa]), 0, 2, 510);
    expect(rootPartition(plain, undefined)).toBeUndefined();
  });

  it('is not looked for in a damaged table', async () => {
    for (const position of [512 + 80, 1024 + 40]) {
      const path = await diskOf('gpt');
      await damage(path, position);
      using disk = new FileAccess(path);
      expect(() => readPartitions(disk)).toThrow(/checksum/);
    }
    const short = await diskOf('dos');
    await using file = await open(short, 'r+');
    await file.truncate(5 * mib);
    using disk = new FileAccess(short);
    expect(() => readPartitions(disk)).toThrow(/beyond the end/);
  });

  it('is what FROM takes of a base store', async () => {
    const root = join(folder.path, 'bases');
    const place = join(root, '_/debian/bookworm');
    await runProcess('mkdir', { args: ['-p', place] });
    const path = await diskOf('gpt', join(place, 'root.ext4'));
    await writeFile(join(folder.path, 'issue'), 'hello');
    await runProcess('debugfs', {
      args: ['-w', '-R', `write ${folder.path}/issue issue`, `${path}?offset=${4 * mib}`],
    });
    await using store = await openStore({ dataDir: join(folder.path, 'data') });
    const options = { platform: { os: 'linux', architecture: 'amd64' }, fresh: false, emitter: silentEmitter };
    const found = await baseStoreSource(store, { root, partuuid: uuids[1] }).resolve('debian:bookworm', options);
    const [layer] = (await found?.layers({ node: 'x', emitter: silentEmitter })) ?? [];
    const chunks = await Array.fromAsync(store.content.stream(layer ?? sha256(''), {}));
    expect(Buffer.concat(chunks).toString('latin1')).toContain('hello');
  });
});
