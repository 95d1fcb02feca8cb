import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/base/digest.ts';
import { startProcess } from '../../../../src/base/process.ts';
import { loadImage } from '../../../../src/images/load-image.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { someBytes } from '../../../support/bytes.ts';
import { serveFakeRegistry } from '../../../support/fake-registry.ts';
import { rawTar } from '../../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import { useCompileCache } from '../../../support/worker-process.ts';

const folder = useTemporaryFolder();
const { env } = useCompileCache(new URL('../../../../src/images/sources/registry-source.ts', import.meta.url));
const worker = new URL('pull-worker.ts', import.meta.url).pathname;
const tars = ['one', 'two', 'three'].map((name) => rawTar([{ name, data: someBytes(2_000_000, name) }]));
const rounds = 5;

describe('a pull that is killed', () => {
  it('leaves a whole store, and the next one ends what it began', async () => {
    let killAt = Number.POSITIVE_INFINITY;
    let sent = 0;
    let kill = () => {};
    const blobs = new Map(tars.map((tar) => [sha256(gzipSync(tar)), gzipSync(tar)]));
    await using registry = await serveFakeRegistry(({ kind, name, response }) => {
      const bytes = kind === 'blobs' ? blobs.get(name as ReturnType<typeof sha256>) : undefined;
      if (bytes === undefined) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      const send = (at: number): void => {
        if (at >= bytes.length || response.destroyed) return void response.end();
        sent += 65_536;
        if (sent >= killAt) kill();
        response.write(bytes.subarray(at, at + 65_536), () => send(at + 65_536));
      };
      send(0);
      return true;
    });
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
      }),
    );
    const part = (mediaType: string, bytes: Uint8Array) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
    registry.putBlob(config);
    registry.putManifest('1', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: part('application/vnd.oci.image.config.v1+json', config),
      layers: [...blobs.values()].map((bytes) => part('application/vnd.oci.image.layer.v1.tar+gzip', bytes)),
    });
    const name = `${registry.host}/app:1`;
    let killed = 0;
    for (let round = 0; round < rounds; round++) {
      sent = 0;
      killAt = round === rounds - 1 ? Number.POSITIVE_INFINITY : 100_000 + round * 1_400_000;
      const child = await startProcess(process.execPath, {
        args: [worker, folder.path, name],
        env,
        dieWithParent: true,
      });
      kill = () => child.kill('SIGKILL');
      const { signal, exitCode, stderr } = await child.result;
      if (signal === 'SIGKILL') killed++;
      else expect(`${exitCode} ${stderr.toString()}`).toBe('0 ');
      await using store = await openStore({ dataDir: folder.path });
      await store.gc();
      expect((await store.usage()).types.find(({ type }) => type === 'temporary')).toBeUndefined();
      for (const { digest } of await store.content.list()) await store.content.verify(digest);
      const image = await loadImage(store, name);
      if (image === undefined) continue;
      for (const diffId of image.layers) expect(await store.layers.has(diffId)).toBeDefined();
    }
    expect(killed).toBeGreaterThan(2);
    await using store = await openStore({ dataDir: folder.path });
    expect((await loadImage(store, name))?.layers).toEqual(tars.map(sha256));
  });
});
