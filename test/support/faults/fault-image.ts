import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../src/base/digest.ts';
import { hostPlatform } from '../../../src/formats/oci/platform.ts';
import { someBytes } from '../bytes.ts';
import type { FakeRegistry } from '../fake-registry.ts';
import { rawTar } from '../raw-tar.ts';

const dockerfile = (variant: number) => `FROM scratch AS one
COPY a /a
COPY sub /sub
ADD files.tar.gz /unpacked/
FROM scratch
LABEL variant=${variant}
COPY --from=one / /all
COPY --chown=7:8 same /same
WORKDIR /w
`;

/** Contexts that share some of their files, with what a build of several stages does to them. */
export function makeFaultContexts(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, variant) => {
    const context = join(folder, `context${variant}`);
    const tar = gzipSync(rawTar([{ name: 'in/tar', data: someBytes(90_000, variant) }]));
    mkdirSync(join(context, 'sub'), { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), dockerfile(variant));
    writeFileSync(join(context, 'a'), someBytes(300_000, `a${variant}`));
    writeFileSync(join(context, 'sub/b'), someBytes(70_000, variant % 2));
    writeFileSync(join(context, 'same'), someBytes(150_000, 'same'));
    writeFileSync(join(context, 'files.tar.gz'), tar);
    return context;
  });
}

/** Puts an image of three layers, the lowest of which all such images share, into a registry; returns its digest. */
export function serveFaultImage(registry: FakeRegistry, tag: string): string {
  const tars = ['base', `one${tag}`, `two${tag}`].map((name) => rawTar([{ name, data: someBytes(200_000, name) }]));
  const config = Buffer.from(
    JSON.stringify({
      architecture: hostPlatform().architecture,
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
    }),
  );
  const part = (mediaType: string, bytes: Uint8Array) => ({
    mediaType: `application/vnd.oci.image.${mediaType}`,
    digest: registry.putBlob(bytes),
    size: bytes.length,
  });
  return registry.putManifest(tag, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: part('config.v1+json', config),
    layers: tars.map((tar) => part('layer.v1.tar+gzip', gzipSync(tar))),
  });
}
