import { access, constants, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { removeLeftovers } from '../../base/temporary-leftovers.ts';
import type { Store } from '../../store/store.ts';
import { exportExt4 } from '../export/export-ext4.ts';
import type { StoredImage } from '../image.ts';

const diskName = 'root.ext4';
const metadataName = 'metadata.json';
/** Of the folders of one level of a base store. */
const maxEntries = 10_000;

/** A root file system of a base store. */
export interface StoredBase {
  /** `_/debian/bookworm`. */
  readonly name: string;
  readonly path: string;
  /** RFC 3339. */
  readonly created: string;
  /** In bytes: of the file system, and what it takes on this disk. */
  readonly size: number;
  readonly diskSize: number;
}

/** Where a data dir has its base store. */
export function defaultBaseRoot(dataDir: string): string {
  return join(dataDir, 'bases');
}

/**
 * Puts an image into a base store: `<root>/<name>/root.ext4`, writable, with a journal and room to grow, and beside it
 * `metadata.json`, whose member `config` is what `FROM` takes over. Each file is there whole or not at all, and replaces
 * that of an earlier base; the `uuid` of the disk in `metadata.json` shows that they belong together. Gives the path of
 * the disk. Throws EXT4_TOO_SMALL, DISK_FULL.
 */
export async function writeBase(
  store: Store,
  base: {
    readonly root: string;
    /** `_/debian/bookworm`. */
    readonly name: string;
    readonly image: StoredImage;
    /** Of the file system, in bytes; the free part takes no room. */
    readonly size: number;
    readonly sourceDateEpoch?: number | undefined;
    readonly emitter: Emitter;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<string> {
  const { root, name, image, size, sourceDateEpoch, emitter, signal } = base;
  const folder = join(resolve(root), name);
  const dest = join(folder, diskName);
  await removeLeftovers(folder);
  const uuid = await exportExt4(store, { type: 'ext4', dest, image, size, sourceDateEpoch, emitter, signal });
  const metadata = { ...image.metadata, uuid, image: image.id, config: image.config.config ?? {} };
  await writeFileAtomic(join(folder, metadataName), `${JSON.stringify(metadata, null, 2)}\n`);
  return dest;
}

/** Finds out before a long build whether a base could be kept. Throws PERMISSION, EXPORT_PLACE. */
export async function checkBasePlace(root: string, name: string): Promise<void> {
  for (let path = join(resolve(root), name); ; path = dirname(path)) {
    try {
      const isFolder = (await stat(path)).isDirectory();
      if (!isFolder) throw new FirekilnError('EXPORT_PLACE', `no base can be kept in ${root}: ${path} is no folder`);
      await access(path, constants.W_OK);
      return;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw explainSystemError(error, 'writing in', path);
    }
  }
}

/** All root file systems of a base store, by name; none if there is no such folder. */
export async function listBaseStore(root: string): Promise<readonly StoredBase[]> {
  const found: StoredBase[] = [];
  for (const org of await folders(resolve(root))) {
    // What was built into the store, and not made for it.
    if (org === '_builds') continue;
    for (const os of await folders(join(resolve(root), org))) {
      for (const version of await folders(join(resolve(root), org, os))) {
        const name = `${org}/${os}/${version}`;
        const base = await describe(root, name);
        if (base !== undefined) found.push(base);
      }
    }
  }
  return found;
}

/** Removes a root file system, and the folders that are empty then. Throws IMAGE_NOT_FOUND. */
export async function removeStoredBase(root: string, name: string): Promise<string> {
  const base = await describe(root, checkBaseName(name));
  if (base === undefined) {
    throw new FirekilnError('IMAGE_NOT_FOUND', `there is no base ${name} in ${resolve(root)}`, {
      hint: '`firekiln base ls` lists them.',
    });
  }
  const folder = dirname(base.path);
  await removeLeftovers(folder);
  for (const file of [diskName, metadataName]) await rm(join(folder, file), { force: true });
  for (const empty of [folder, dirname(folder), dirname(dirname(folder))]) {
    try {
      await rmdir(empty);
    } catch (error) {
      if (systemCode(error) === 'ENOTEMPTY') break;
      throw explainSystemError(error, 'removing', empty);
    }
  }
  return base.path;
}

/** Whether a name is `<org>/<os>/<version>`: images are never called so, for a tag follows a colon. */
export function isStoredBaseName(name: string): boolean {
  return /^(?:_|[a-z0-9][a-z0-9._-]*)\/[a-z0-9][a-z0-9._-]*\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name);
}

/** `<org>/<os>/<version>`, safe to join. Throws USAGE. */
export function checkBaseName(name: string): string {
  if (isStoredBaseName(name)) return name;
  throw new FirekilnError('USAGE', `${JSON.stringify(name)} is no name of a base in a base store`, {
    hint: 'Such names are ORG/OS/VERSION; the org of the library is "_", as in _/debian/bookworm.',
  });
}

async function describe(root: string, name: string): Promise<StoredBase | undefined> {
  const folder = join(resolve(root), name);
  const path = join(folder, diskName);
  try {
    const { size, blocks, mtime } = await stat(path);
    return { name, path, created: mtime.toISOString(), size, diskSize: blocks * 512 };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw explainSystemError(error, 'reading', path);
  }
}

async function folders(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .slice(0, maxEntries)
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw explainSystemError(error, 'reading', path);
  }
}
