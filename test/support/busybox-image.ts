import { readFileSync } from 'node:fs';
import type { ContainerConfig } from '../../src/formats/oci/image.ts';
import { hostPlatform } from '../../src/formats/oci/platform.ts';
import { commitImage } from '../../src/images/commit-image.ts';
import type { Store } from '../../src/store/store.ts';
import { rawTar } from './raw-tar.ts';
import { findTool } from './tools.ts';

const folders = ['bin', 'etc', 'data', 'tmp', 'home'];
const applets =
  'sh cat echo id pwd env sleep kill hostname httpd mkdir ls stat touch head dd tr mount grep wc true'.split(' ');
const passwd = 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:app:/home:/bin/sh\n';
const group = 'root:x:0:\nusers:x:100:\nextra:x:50:app\n';

/** Puts an image of the static busybox of this host (Debian's busybox-static) into the store under a name. */
export async function makeBusyboxImage(store: Store, name: string, config: ContainerConfig): Promise<void> {
  const busybox = findTool('busybox');
  if (busybox === undefined) throw new Error('busybox-static is not installed');
  const file = (path: string, data: Uint8Array, mode: string) => ({ name: path, data, fields: { mode } });
  const layer = rawTar([
    ...folders.map((path) => ({ name: `${path}/`, typeFlag: '5', fields: { mode: '0000755' } })),
    file('bin/busybox', readFileSync(busybox), '0000755'),
    ...applets.map((applet) => ({ name: `bin/${applet}`, typeFlag: '2', linkName: 'busybox' })),
    file('etc/passwd', Buffer.from(passwd), '0000644'),
    file('etc/group', Buffer.from(group), '0000644'),
    file('data/seed', Buffer.from('from the image\n'), '0000644'),
  ]);
  const { diffId } = await store.layers.put([layer]);
  await commitImage(store, {
    platform: hostPlatform(),
    config: { Env: ['PATH=/bin'], Cmd: ['sh'], ...config },
    history: [{ created: '2026-01-02T03:04:05Z', created_by: 'busybox' }],
    layers: [diffId],
    created: '2026-01-02T03:04:05Z',
    tags: [name],
    metadata: { version: 1, tags: [name], provenance: { dockerfile: 'Dockerfile', bases: [] }, firekiln: '0' },
  });
}
