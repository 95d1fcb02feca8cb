import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { createEmitter, type FirekilnEvent, silentEmitter } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import { exportImage } from '../../../src/images/export/export-image.ts';
import type { ExportRequest } from '../../../src/images/export/export-request.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { expectClean, readWithDebugfs } from '../../support/ext4-judges.ts';
import { makeImage } from '../../support/make-image.ts';
import { paxData, type RawMember } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const epoch = 1_700_000_000;

const dir = (name: string, mode = '0000755\0'): RawMember => ({ name, typeFlag: '5', fields: { mode } });
const file = (name: string, text = name, fields = {}): RawMember => ({ name, data: Buffer.from(text), fields });
const late = { mtime: `${(epoch + 1000).toString(8).padStart(11, '0')}\0` };

const layers: readonly (readonly RawMember[])[] = [
  [
    dir('w/', '0000700\0'),
    file('w/gone'),
    file('w/kept', 'kept', { uid: '0001750\0', mode: '0004755\0' }),
    { name: 'w/link', typeFlag: '2', linkName: '../../../../etc/passwd' },
    { name: 'w/hard', typeFlag: '1', linkName: 'w/kept', fields: { uid: '0001750\0', mode: '0004755\0' } },
    { name: 'fifo', typeFlag: '6' },
    { name: 'null', typeFlag: '3', fields: { devMajor: '0000001\0', devMinor: '0000003\0' } },
    { typeFlag: 'x', data: paxData({ 'SCHILY.xattr.user.a': 'value' }) },
    file('with-attribute'),
  ],
  [file('w/.wh.gone', ''), file('late', 'late', late), { name: 'to-w', typeFlag: '2', linkName: 'w' }],
];

async function withImage(work: (store: Store, request: Omit<ExportRequest, 'type' | 'dest'>) => Promise<void>) {
  await using store = await openStore({ dataDir: join(folder.path, 'data') });
  const image = await makeImage(store, layers);
  await work(store, { image, emitter: silentEmitter });
}

const run = async (command: string, ...args: string[]) =>
  (await runProcess(command, { args, env: { ...process.env, LC_ALL: 'C' } })).stdout.toString();

/** Nothing half may be left beside an output. */
const expectOnly = async (...names: string[]) =>
  expect((await readdir(folder.path)).sort()).toEqual(['data', ...names].sort());

describeWithTools(['skopeo', 'umoci', 'e2fsck', 'debugfs', 'tar'], 'exports', () => {
  it('ext4: a clean writable file system with what the layers give, the same each time', async () => {
    await withImage(async (store, common) => {
      const dest = join(folder.path, 'sub/root.ext4');
      await exportImage(store, { ...common, type: 'ext4', dest, freeBytes: 64 << 20 });
      await expectClean(dest);
      const found = await readWithDebugfs(dest);
      expect([...found.keys()].sort()).toEqual(
        ['', 'fifo', 'late', 'lost+found', 'null', 'to-w', 'w', 'w/hard', 'w/kept', 'w/link', 'with-attribute'].sort(),
      );
      expect(found.get('w/kept')).toMatchObject({ uid: 1000, mode: 0o104755, content: sha256('kept'), links: 2 });
      expect(found.get('with-attribute')?.xattrs).toEqual({ 'user.a': 'value' });
      const { size, blocks } = await stat(dest);
      expect(size).toBeGreaterThan(64 << 20);
      expect(blocks * 512).toBeLessThan(16 << 20);
      const again = join(folder.path, 'sub/again.ext4');
      await exportImage(store, { ...common, type: 'ext4', dest: again, freeBytes: 64 << 20 });
      expect((await readFile(again)).equals(await readFile(dest))).toBe(true);

      const fixed = join(folder.path, 'sub/fixed.ext4');
      await exportImage(store, { ...common, type: 'ext4', dest: fixed, size: 32 << 20, sourceDateEpoch: epoch });
      await expectClean(fixed);
      expect((await stat(fixed)).size).toBe(32 << 20);
      expect((await readWithDebugfs(fixed)).get('late')?.seconds).toBe(epoch);
      const small = exportImage(store, { ...common, type: 'ext4', dest: fixed, size: 16_384 });
      await expect(small).rejects.toMatchObject({ code: 'EXT4_TOO_SMALL' });
      expect((await stat(fixed)).size).toBe(32 << 20);
      await expectOnly('sub');
      expect(await readdir(join(folder.path, 'sub'))).toHaveLength(3);
    });
  });

  it('tar: to a file and to the output', async () => {
    await withImage(async (store, common) => {
      const dest = join(folder.path, 'root.tar');
      await exportImage(store, { ...common, type: 'tar', dest, sourceDateEpoch: epoch });
      const listed = (await run('tar', '--full-time', '--utc', '--numeric-owner', '-tvf', dest)).trim().split('\n');
      expect(listed.map((line) => line.split(' ').at(0))).toHaveLength(9);
      expect(listed.find((line) => line.endsWith(' late'))).toContain('2023-11-14 22:13:20');
      expect(listed.find((line) => line.includes('w/kept link to w/hard'))).toMatch(/^hrwsr-xr-x 1000\/0 /);
      const output = new PassThrough();
      const chunks: Buffer[] = [];
      output.on('data', (chunk: Buffer) => chunks.push(chunk));
      await exportImage(store, { ...common, type: 'tar', dest: '-', sourceDateEpoch: epoch, output });
      expect(Buffer.concat(chunks).equals(await readFile(dest))).toBe(true);
      await expectOnly('root.tar');
    });
  });

  it.each([undefined, epoch])('oci: skopeo and umoci read folder and tar (epoch %s)', async (sourceDateEpoch) => {
    await withImage(async (store, common) => {
      const dest = join(folder.path, 'layout');
      await exportImage(store, { ...common, type: 'oci', dest, sourceDateEpoch });
      const raw = JSON.parse(await run('skopeo', 'inspect', '--raw', `oci:${dest}:1`)) as {
        readonly layers: readonly { readonly mediaType: string }[];
      };
      const type = `application/vnd.oci.image.layer.v1.tar${sourceDateEpoch === undefined ? '+gzip' : ''}`;
      expect(raw.layers.map(({ mediaType }) => mediaType)).toEqual([type, type]);
      expect(JSON.parse(await run('skopeo', 'inspect', `oci:${dest}:1`))).toMatchObject({ Env: ['PATH=/bin'] });
      const bundle = join(folder.path, 'bundle');
      await run('umoci', 'unpack', '--rootless', '--image', `${dest}:1`, bundle);
      expect((await readdir(join(bundle, 'rootfs'))).sort()).toContain('to-w');
      expect(await readFile(join(bundle, 'rootfs/w/hard'), 'utf8')).toBe('kept');
      expect(await readdir(join(bundle, 'rootfs/w'))).not.toContain('gone');
      const tar = join(folder.path, 'image.tar');
      await exportImage(store, { ...common, type: 'oci', dest: tar, sourceDateEpoch });
      const copy = join(folder.path, 'copy');
      await run('skopeo', 'copy', '--insecure-policy', `oci-archive:${tar}:1`, `dir:${copy}`);
      const manifest = sha256(await readFile(join(copy, 'manifest.json')));
      expect(JSON.parse(await readFile(join(dest, 'index.json'), 'utf8'))).toMatchObject({
        manifests: [{ digest: manifest, annotations: { 'io.containerd.image.name': 'docker.io/library/app:1' } }],
      });
      // Once more over what is there, but not over a folder of the user's.
      await exportImage(store, { ...common, type: 'oci', dest, sourceDateEpoch });
      await expect(exportImage(store, { ...common, type: 'oci', dest: bundle })).rejects.toMatchObject({
        code: 'EXPORT_PLACE',
      });
      await expectOnly('bundle', 'copy', 'image.tar', 'layout');
    });
  });

  it('oci: with fixed times, later ones are clamped and the bytes are the same each time', async () => {
    await withImage(async (store, common) => {
      const dest = (name: string) => join(folder.path, `${name}.tar`);
      for (const name of ['one', 'two']) {
        await exportImage(store, { ...common, type: 'oci', dest: dest(name), sourceDateEpoch: epoch });
      }
      expect((await readFile(dest('one'))).equals(await readFile(dest('two')))).toBe(true);
      const bundle = join(folder.path, 'bundle');
      await run('skopeo', 'copy', '--insecure-policy', `oci-archive:${dest('one')}:1`, `oci:${folder.path}/x:1`);
      await run('umoci', 'unpack', '--rootless', '--image', `${folder.path}/x:1`, bundle);
      expect((await lstat(join(bundle, 'rootfs/late'))).mtimeMs).toBe(epoch * 1000);
    });
  });

  it('docker: an archive as docker save makes it', async () => {
    await withImage(async (store, common) => {
      const dest = join(folder.path, 'image.tar');
      await exportImage(store, { ...common, type: 'docker', dest });
      const { Layers } = JSON.parse(await run('skopeo', 'inspect', `docker-archive:${dest}`)) as { Layers: string[] };
      expect(Layers).toHaveLength(2);
    });
  });

  it('dir: files of the host, symbolic links as they are and never followed', async () => {
    await withImage(async (store, common) => {
      const dest = join(folder.path, 'out');
      const outside = join(folder.path, 'outside');
      await mkdir(join(dest, 'sub'), { recursive: true });
      await mkdir(outside);
      await writeFile(join(dest, 'mine'), 'mine');
      await symlink(outside, join(dest, 'w'));
      const events: FirekilnEvent[] = [];
      const emitter = createEmitter((event) => events.push(event), { module: 'x' });
      await exportImage(store, { ...common, type: 'dir', dest, emitter });
      await exportImage(store, { ...common, type: 'local', dest, emitter });
      expect(await readdir(outside)).toEqual([]);
      expect((await readdir(dest)).sort()).toEqual(
        ['fifo', 'late', 'mine', 'null', 'sub', 'to-w', 'w', 'with-attribute'].filter(
          (name) => name !== 'null' || process.getuid?.() === 0,
        ),
      );
      expect((await lstat(join(dest, 'w'))).mode & 0o7777).toBe(0o700);
      expect(await readlink(join(dest, 'w/link'))).toBe('../../../../etc/passwd');
      const [kept, hard] = await Promise.all(['w/kept', 'w/hard'].map(async (name) => await lstat(join(dest, name))));
      expect(kept?.ino).toBe(hard?.ino);
      expect(await readFile(join(dest, 'w/kept'), 'utf8')).toBe('kept');
      if (process.getuid?.() === 0) {
        expect(kept).toMatchObject({ uid: 1000, mode: 0o104755 });
        expect(events).toEqual([]);
      } else {
        expect(kept?.mode).toBe(0o100755);
        expect(events).toHaveLength(2);
      }
      await expectOnly('out', 'outside');
      const taken = exportImage(store, { ...common, type: 'dir', dest: join(dest, 'mine') });
      await expect(taken).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
    });
  });
});
