import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Digest, sha256 } from '../../../../src/base/digest.ts';
import { createEmitter, type FirekilnEvent, silentEmitter } from '../../../../src/base/events.ts';
import { findImage } from '../../../../src/images/find-image.ts';
import type { ResolvedImage } from '../../../../src/images/image-source.ts';
import { loadImage } from '../../../../src/images/load-image.ts';
import { imageStoreSource } from '../../../../src/images/sources/image-store-source.ts';
import { registrySource } from '../../../../src/images/sources/registry-source.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import type { Store } from '../../../../src/store/store.ts';
import { someBytes } from '../../../support/bytes.ts';
import { type FakeRegistry, type FakeRequest, serveFakeRegistry } from '../../../support/fake-registry.ts';
import { rawTar } from '../../../support/raw-tar.ts';
import { testClient } from '../../../support/registry-client.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const amd64 = { os: 'linux', architecture: 'amd64' };
const options = { platform: amd64, fresh: false, emitter: silentEmitter };
const tarOf = (name: string, size = 200_000) => rawTar([{ name, data: someBytes(size, name) }]);
const tars = [tarOf('one'), tarOf('two'), tarOf('three')];

const packed = {
  gzip: (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 5000)), gzipSync(tar.subarray(5000))]),
  zstd: (tar: Buffer) => Buffer.concat([zstdCompressSync(tar.subarray(0, 5000)), zstdCompressSync(tar.subarray(5000))]),
};

interface ImageOptions {
  readonly tag?: string;
  readonly architecture?: string;
  readonly diffIds?: readonly Digest[];
  readonly kind?: 'gzip' | 'zstd';
}

function putImage(
  registry: FakeRegistry,
  { tag = '1', architecture = 'amd64', diffIds, kind = 'gzip' }: ImageOptions = {},
) {
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Env: ['A=1'], Labels: { l: 'v' } },
      rootfs: { type: 'layers', diff_ids: diffIds ?? tars.map(sha256) },
    }),
  );
  const layers = tars.map((tar) => {
    const bytes = packed[kind](tar);
    return {
      mediaType: `application/vnd.oci.image.layer.v1.tar+${kind}`,
      digest: registry.putBlob(bytes),
      size: bytes.length,
    };
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: registry.putBlob(config),
      size: config.length,
    },
    layers,
  });
  return { digest: registry.putManifest(tag, manifest), size: manifest.length, layers };
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  await using store = await openStore({ dataDir: folder.path });
  return await work(store);
}

const bring = async (image: ResolvedImage | undefined, emitter = silentEmitter) =>
  await image?.layers({ node: 'pull', emitter });

/** Resolves and brings an image of a registry that misbehaves; the error, and what is in the store after it. */
async function pullFrom(registry: FakeRegistry, name = `${registry.host}/app:1`) {
  return await withStore(async (store) => {
    await using test = testClient();
    const source = registrySource(store, test.client);
    const error: unknown = await source
      .resolve(name, options)
      .then(bring, (it: unknown) => Promise.reject(it))
      .then(
        () => undefined,
        (it: unknown) => it,
      );
    return {
      error,
      images: await store.images.list(),
      blobs: (await store.content.list()).map(({ digest }) => digest),
    };
  });
}

/** A registry with one image whose second layer is answered by `answer`. */
async function lyingRegistry(answer: (request: FakeRequest, bytes: Buffer) => void) {
  let second: Digest | undefined;
  const registry = await serveFakeRegistry((request) => {
    if (request.kind !== 'blobs' || request.name !== second) return false;
    answer(request, packed.gzip(tars[1] ?? Buffer.alloc(0)));
    return true;
  });
  second = putImage(registry).layers[1]?.digest;
  return registry;
}

describe('registry source', () => {
  it.each(['gzip', 'zstd'] as const)('brings %s layers of several parts, verified, once', async (kind) => {
    await using registry = await serveFakeRegistry();
    const { digest } = putImage(registry, { kind });
    await withStore(async (store) => {
      await using test = testClient();
      const source = registrySource(store, test.client);
      const image = await source.resolve(`${registry.host}/app:1`, options);
      expect(image).toMatchObject({ name: `${registry.host}/app:1`, origin: 'registry', manifestDigest: digest });
      expect(await store.content.list()).toEqual([]);
      const events: FirekilnEvent[] = [];
      const emitter = createEmitter((event) => events.push(event), { module: 'x' });
      expect(await bring(image, emitter)).toEqual(tars.map(sha256));
      expect(events.filter((it) => it.event === 'node.progress' && it.done === true)).toHaveLength(3);
      expect(await loadImage(store, `${registry.host}/app:1`)).toMatchObject({
        manifestDigest: digest,
        layers: tars.map(sha256),
        config: { config: { Env: ['A=1'] } },
      });
      const requests = registry.log.length;
      await bring(await source.resolve(`${registry.host}/app@${digest}`, options));
      expect(registry.log.slice(requests).filter((line) => line.includes('/blobs/'))).toHaveLength(1);
    });
  });

  it('takes the image of the platform from an index, and names those there are', async () => {
    await using registry = await serveFakeRegistry();
    const entries = ['arm64', 'amd64'].map((architecture) => {
      const { digest, size } = putImage(registry, { tag: architecture, architecture });
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      return { mediaType, digest, size, platform: { os: 'linux', architecture } };
    });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    registry.putManifest('multi', { schemaVersion: 2, mediaType, manifests: entries }, mediaType);
    await withStore(async (store) => {
      await using test = testClient();
      const source = registrySource(store, test.client);
      const name = `${registry.host}/app:multi`;
      expect(await source.resolve(name, options)).toMatchObject({ manifestDigest: entries[1]?.digest });
      const s390x = { ...options, platform: { os: 'linux', architecture: 's390x' } };
      await expect(source.resolve(name, s390x)).rejects.toMatchObject({
        code: 'BASE_NOT_FOUND',
        message: expect.stringMatching(/linux\/s390x: it has linux\/arm64, linux\/amd64/),
      });
      expect(await source.resolve(`${registry.host}/app:none`, options)).toBeUndefined();
    });
  });

  it('an index that lies about the size of a manifest is refused', async () => {
    await using registry = await serveFakeRegistry();
    const { digest, size } = putImage(registry);
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: size + 1, platform: amd64 };
    registry.putManifest('multi', { schemaVersion: 2, mediaType, manifests: [entry] }, mediaType);
    expect(await pullFrom(registry, `${registry.host}/app:multi`)).toMatchObject({ error: { code: 'SIZE_MISMATCH' } });
  });

  it.each<[string, (request: FakeRequest, bytes: Buffer) => void, string]>([
    [
      'other content of the same size',
      ({ response }, bytes) => response.end(gzipOf(bytes.length)),
      'DIGEST_MISMATCH|COMPRESSION_INVALID|TAR_INVALID|SIZE_MISMATCH',
    ],
    ['fewer bytes', ({ response }, bytes) => response.end(bytes.subarray(0, 100)), 'SIZE_MISMATCH'],
    [
      'an endless stream',
      ({ response }, bytes) => {
        const send = () => {
          while (!response.destroyed && response.write(bytes)) {
            // As fast as it is taken.
          }
        };
        response.on('drain', send);
        send();
      },
      'SIZE_MISMATCH|COMPRESSION_INVALID',
    ],
    ['an error', ({ response }) => response.writeHead(500).end('down'), 'REGISTRY_FAILED'],
  ])('a layer with %s is refused, and nothing of it is kept', async (_what, answer, codes) => {
    await using registry = await lyingRegistry(answer);
    const { error, images, blobs } = await pullFrom(registry);
    expect(error).toMatchObject({ code: expect.stringMatching(new RegExp(`^(?:${codes})$`)) });
    expect(images).toEqual([]);
    expect(blobs).not.toContain(sha256(tars[1] ?? ''));
  });

  it('a config with another diffID, or other layers, is refused', async () => {
    await using registry = await serveFakeRegistry();
    putImage(registry, { diffIds: [sha256('x'), ...tars.slice(1).map(sha256)] });
    expect(await pullFrom(registry)).toMatchObject({ error: { code: 'DIGEST_MISMATCH' }, images: [] });
    putImage(registry, { diffIds: [sha256('x')] });
    expect(await pullFrom(registry)).toMatchObject({ error: { code: 'OCI_INVALID' }, images: [] });
  });
});

/** A valid gzip of about that size. */
const gzipOf = (size: number) =>
  Buffer.concat([gzipSync(rawTar([{ name: 'z', data: someBytes(size) }]))]).subarray(0, size);

describe('finding an image', () => {
  it('goes by the image store, then the registry; with --pull the registry first', async () => {
    await using registry = await serveFakeRegistry();
    putImage(registry);
    const name = `${registry.host}/app:1`;
    await withStore(async (store) => {
      await using test = testClient();
      const places = { imageStore: imageStoreSource(store), registry: registrySource(store, test.client) };
      const first = await findImage(places, name, options);
      expect(first.origin).toBe('registry');
      await bring(first);
      const requests = registry.log.length;
      const again = await findImage(places, name, options);
      expect(again).toMatchObject({ origin: 'image-store', manifestDigest: first.manifestDigest });
      expect(await bring(again)).toEqual(tars.map(sha256));
      expect(registry.log).toHaveLength(requests);
      putImage(registry, { kind: 'zstd' });
      const fresh = await findImage(places, name, { ...options, fresh: true });
      expect(fresh.origin).toBe('registry');
      expect(fresh.manifestDigest).not.toBe(first.manifestDigest);
      const arm = findImage(places, name, { ...options, platform: { os: 'linux', architecture: 'arm64' } });
      expect((await arm).origin).toBe('registry');
      await expect(findImage(places, `${registry.host}/app:no`, options)).rejects.toMatchObject({
        code: 'BASE_NOT_FOUND',
        details: ['looked in the image store', 'looked in the registry'],
      });
    });
  });

  it('a registry that is not there keeps nobody from a local image', async () => {
    let name = '';
    await withStore(async (store) => {
      await using registry = await serveFakeRegistry();
      putImage(registry);
      name = `${registry.host}/app:1`;
      await using test = testClient();
      await bring(await registrySource(store, test.client).resolve(name, options));
    });
    await withStore(async (store) => {
      await using test = testClient();
      const places = { imageStore: imageStoreSource(store), registry: registrySource(store, test.client) };
      expect((await findImage(places, name, { ...options, fresh: true })).origin).toBe('image-store');
      const other = name.replace('/app:', '/other:');
      await expect(findImage(places, other, options)).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
    });
  });
});
