import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolderPath } from '../../base/make-folder.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { nameOfReplaced, removeLeftovers } from '../../base/temporary-leftovers.ts';
import { folderName } from '../../formats/oci/folder-name.ts';
import { parseReference } from '../../formats/oci/reference.ts';
import type { StoredImage } from '../../images/image.ts';

/**
 * Keeps a root file system as `<root>/_builds/<org>/<name>/<version>/{rootfs,metadata.json}`; what was there is replaced
 * as a whole. `write` makes the disk at a path. Throws PERMISSION, DISK_FULL. Gives the folder.
 */
export async function keepInBuilds(options: {
  readonly root: string;
  readonly tag: string;
  readonly image: StoredImage;
  /** Of the command line: what the build was asked for. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly write: (path: string) => Promise<void>;
}): Promise<string> {
  const { root, tag, image, asked, write } = options;
  const folder = join(root, '_builds', folderName(parseReference(tag)));
  try {
    await makeFolderPath(dirname(folder));
    await removeLeftovers(dirname(folder));
    const fresh = await mkdtemp(join(dirname(folder), `.tmp-${process.pid}-`));
    try {
      await chmod(fresh, 0o755);
      await write(join(fresh, 'rootfs'));
      const metadata = metadataOf(image, asked);
      await writeFile(join(fresh, 'metadata.json'), `${JSON.stringify(metadata, null, 2)}\n`);
      await replace(fresh, folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  } catch (error) {
    throw explainSystemError(error, 'writing', folder);
  }
  return folder;
}

/** The original's members, the image's config (which FROM takes for bases) and what Firekiln knows beside it. */
function metadataOf(image: StoredImage, asked: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const config = image.config.config ?? {};
  return {
    labels: config.Labels ?? {},
    ports: Object.keys(config.ExposedPorts ?? {}),
    'created-at-utc': Math.floor(Date.now() / 1000),
    'build-context': { config: asked },
    id: image.id,
    config,
    ...image.metadata,
  };
}

async function replace(fresh: string, folder: string): Promise<void> {
  const old = join(dirname(folder), nameOfReplaced(basename(folder)));
  try {
    await rename(folder, old);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}
