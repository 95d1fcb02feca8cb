import type { Digest } from '../../src/base/digest.ts';
import { commitImage } from '../../src/images/commit-image.ts';
import type { StoredImage } from '../../src/images/image.ts';
import type { Store } from '../../src/store/store.ts';
import { type RawMember, rawTar } from './raw-tar.ts';

/** Puts an image of the given layers into the store, the lowest first. */
export async function makeImage(
  store: Store,
  layers: readonly (readonly RawMember[])[],
  tags: readonly string[] = ['docker.io/library/app:1'],
): Promise<StoredImage> {
  const diffIds: Digest[] = [];
  for (const members of layers) diffIds.push((await store.layers.put([rawTar(members)])).diffId);
  return await commitImage(store, {
    platform: { os: 'linux', architecture: 'amd64' },
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'], WorkingDir: '/w' },
    history: diffIds.map((_, i) => ({ created: '2026-01-02T03:04:05Z', created_by: `layer ${i}` })),
    layers: diffIds,
    tags,
    metadata: { version: 1, tags, provenance: { dockerfile: 'Dockerfile', bases: [] }, firekiln: '0' },
  });
}
