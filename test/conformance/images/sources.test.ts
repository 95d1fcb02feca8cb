import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import { exportImage } from '../../../src/images/export/export-image.ts';
import type { ImageSource } from '../../../src/images/image-source.ts';
import { loadImage } from '../../../src/images/load-image.ts';
import { baseStoreSource } from '../../../src/images/sources/base-store-source.ts';
import { archiveSource, layoutSource } from '../../../src/images/sources/layout-source.ts';
import { registrySource } from '../../../src/images/sources/registry-source.ts';
import { loginFiles } from '../../../src/registry/login-files.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeImage } from '../../support/make-image.ts';
import { testClient } from '../../support/registry-client.ts';
import { serveRegistry } from '../../support/serve-registry.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const options = { platform: { os: 'linux', architecture: 'amd64' }, fresh: false, emitter: silentEmitter };
const skopeo = async (...args: string[]) => await runProcess('skopeo', { args: ['--insecure-policy', ...args] });

async function withStore<T>(name: string, work: (store: Store) => Promise<T>): Promise<T> {
  await using store = await openStore({ dataDir: join(folder.path, name) });
  return await work(store);
}

/** An image in an OCI layout, as we write it; its layers' diffIDs. */
async function writeLayout(): Promise<readonly string[]> {
  return await withStore('made', async (store) => {
    const image = await makeImage(store, [
      [
        { name: 'etc/', typeFlag: '5' },
        { name: 'etc/one', data: Buffer.from('one') },
      ],
      [{ name: 'etc/two', data: Buffer.alloc(300_000, 'two') }],
    ]);
    await exportImage(store, { image, type: 'oci', dest: join(folder.path, 'layout'), emitter: silentEmitter });
    return image.layers;
  });
}

const broughtBy = async (source: ImageSource, name = 'x') =>
  await (await source.resolve(name, options))?.layers({ node: 'n', emitter: silentEmitter });

describeWithTools(['skopeo', 'umoci', 'docker-registry', 'mke2fs', 'gzip'], 'image sources', () => {
  it('a real registry: gzip and zstd layers, Docker manifests, by tag and by digest', async () => {
    const layers = await writeLayout();
    await using registry = await serveRegistry(folder.path);
    const at = (tag: string) => `docker://${registry.host}/org/app:${tag}`;
    const layout = `oci:${folder.path}/layout:1`;
    await skopeo('copy', '--dest-tls-verify=false', layout, at('gzip'));
    await skopeo(
      'copy',
      '--dest-tls-verify=false',
      '--dest-compress-format=zstd',
      '--dest-compress',
      layout,
      at('zstd'),
    );
    await skopeo('copy', '--dest-tls-verify=false', '--format=v2s2', layout, at('docker'));
    await withStore('pulled', async (store) => {
      await using test = testClient();
      const source = registrySource(store, test.client);
      for (const tag of ['gzip', 'zstd', 'docker']) {
        const name = `${registry.host}/org/app:${tag}`;
        expect(await broughtBy(source, name)).toEqual(layers);
        const image = await loadImage(store, name);
        const raw = (await skopeo('inspect', '--tls-verify=false', '--raw', at(tag))).stdout;
        expect(await store.content.readAll(image?.manifestDigest ?? 'sha256:', 1 << 20)).toEqual(raw);
        expect(await broughtBy(source, `${registry.host}/org/app@${image?.manifestDigest}`)).toEqual(layers);
      }
      expect(await source.resolve(`${registry.host}/org/app:none`, options)).toBeUndefined();
      expect(await source.resolve(`${registry.host}/org/none`, options)).toBeUndefined();
    });
  });

  it('a registry that wants a login, which a helper of docker has', async () => {
    const layers = await writeLayout();
    const htpasswd = join(folder.path, 'htpasswd');
    await writeFile(htpasswd, 'user:$2b$04$Xbhc.6RMrP9nlaLvLqxEz.zx1/foi38gxJmlnUb.CfRwE6VSd5OQm\n');
    await using registry = await serveRegistry(folder.path, { htpasswd });
    const name = `${registry.host}/app:1`;
    const flags = ['--dest-tls-verify=false', '--dest-creds=user:secret'];
    await skopeo('copy', ...flags, `oci:${folder.path}/layout:1`, `docker://${name}`);
    const helper = join(folder.path, 'docker-credential-test');
    const answer = JSON.stringify({ ServerURL: registry.host, Username: 'user', Secret: 'secret' });
    await writeFile(helper, `#!/bin/sh\n[ "$1" = get ] && cat >/dev/null && echo '${answer}'\n`, { mode: 0o755 });
    await writeFile(join(folder.path, 'config.json'), JSON.stringify({ credHelpers: { [registry.host]: 'test' } }));
    const env = { PATH: `${folder.path}:${process.env.PATH}`, DOCKER_CONFIG: folder.path };
    await withStore('pulled', async (store) => {
      await using stranger = testClient();
      await expect(broughtBy(registrySource(store, stranger.client), name)).rejects.toMatchObject({
        code: 'REGISTRY_DENIED',
      });
      await using known = testClient({ credentials: loginFiles(env, folder.path) });
      expect(await broughtBy(registrySource(store, known.client), name)).toEqual(layers);
    });
  });

  it('layouts and archives of skopeo', async () => {
    const layers = await writeLayout();
    const place = (name: string) => join(folder.path, name);
    const layout = `oci:${place('layout')}:1`;
    await skopeo('copy', layout, `oci:${place('copied')}:first`);
    await runProcess('umoci', { args: ['tag', '--image', `${place('copied')}:first`, 'second'] });
    await skopeo('copy', layout, `oci-archive:${place('oci.tar')}:1`);
    await skopeo('copy', layout, `docker-archive:${place('docker.tar')}:org/app:1`);
    await runProcess('gzip', { args: ['-k', place('docker.tar')] });
    await withStore('read', async (store) => {
      expect(await broughtBy(layoutSource(store, place('copied'), { tag: 'second' }))).toEqual(layers);
      expect(await broughtBy(layoutSource(store, place('copied'), {}))).toEqual(layers);
      await expect(broughtBy(layoutSource(store, place('copied'), { tag: 'third' }))).rejects.toMatchObject({
        code: 'BASE_NOT_FOUND',
        hint: 'It has first, second.',
      });
      for (const [name, selection] of [
        ['oci.tar', {}],
        ['docker.tar', {}],
        ['docker.tar', { tag: 'org/app:1' }],
        ['docker.tar.gz', { tag: '1' }],
      ] as const) {
        await using source = archiveSource(store, place(name), selection);
        expect(await broughtBy(source)).toEqual(layers);
      }
      await using none = archiveSource(store, place('no.tar'), {});
      expect(await none.resolve('x', options)).toBeUndefined();
      await using wrong = archiveSource(store, place('docker.tar'), { tag: 'other' });
      await expect(wrong.resolve('x', options)).rejects.toMatchObject({ code: 'BASE_NOT_FOUND' });
      expect(await store.images.list()).toEqual([]);
    });
  });

  it('a base store: disks as images of one layer, read again when they change', async () => {
    const root = join(folder.path, 'bases');
    const disk = join(root, '_/debian/bookworm/root.ext4');
    const tree = join(folder.path, 'tree');
    await mkdir(join(tree, 'etc'), { recursive: true });
    await mkdir(dirname(disk), { recursive: true });
    await writeFile(join(tree, 'etc/os-release'), 'ID=debian\n');
    const make = async () => {
      await runProcess('/sbin/mke2fs', { args: ['-q', '-F', '-t', 'ext4', '-d', tree, `${disk}.new`, '8M'] });
      await rename(`${disk}.new`, disk);
    };
    await make();
    await writeFile(join(dirname(disk), 'metadata.json'), '{"config":{"Env":["A=1"],"Entrypoint":["/init"]}}');
    await withStore('base', async (store) => {
      const source = baseStoreSource(store, { root });
      const image = await source.resolve('debian:bookworm', options);
      expect(image).toMatchObject({
        name: 'docker.io/library/debian:bookworm',
        origin: 'base-store',
        location: disk,
        config: { config: { Env: ['A=1'], Entrypoint: ['/init'] } },
      });
      const [diffId] = (await broughtBy(source, 'debian:bookworm')) ?? [];
      using layer = await store.layers.open(diffId ?? 'sha256:');
      expect([...layer.index.entries()].map(({ path }) => path)).toEqual(['etc', 'etc/os-release']);
      expect(await source.resolve('debian:bookworm', options)).toMatchObject({ manifestDigest: image?.manifestDigest });
      await writeFile(join(tree, 'etc/new'), 'new');
      await make();
      expect((await broughtBy(source, 'debian:bookworm')) ?? []).not.toEqual([diffId]);
      expect(await source.resolve('debian:none', options)).toBeUndefined();
      expect(await source.resolve(`debian@${image?.manifestDigest}`, options)).toBeUndefined();
      // Nothing behind the superblock is what it was.
      await writeFile(disk, (await readFile(disk)).fill(0xff, 4096));
      await expect(source.resolve('debian:bookworm', options)).rejects.toMatchObject({ code: 'EXT4_CORRUPT' });
      const unread = await source.resolve('debian:bookworm', { ...options, leaveUnread: true });
      expect(unread).toMatchObject({ location: disk, config: { config: { Env: ['A=1'] } } });
      await expect(unread?.layers({ ...options, node: 'n' })).rejects.toMatchObject({ code: 'EXT4_CORRUPT' });
      await writeFile(disk, (await readFile(disk)).subarray(0, 4096));
      const cut = source.resolve('debian:bookworm', { ...options, leaveUnread: true });
      await expect(cut).rejects.toMatchObject({ code: 'EXT4_CORRUPT' });
    });
  });
});
