import { join } from 'node:path';
import { type Digest, hexOf } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../base/make-folder.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { indexVersion } from '../formats/layer-index/index-format.ts';

/** Where everything of a store lies; docs/data-dir.md describes it for users. */
export interface StoreLayout {
  readonly root: string;
  /** Names the format and its version. */
  readonly formatFile: string;
  /** Shared by all who use the store, exclusive while it is created or migrated. */
  readonly formatLock: string;
  readonly database: string;
  /** Named as the folder of an OCI image layout, so that other tools can read it. */
  readonly blobs: string;
  readonly sums: string;
  /** One folder for each format of indexes, so that two versions of Firekiln don't replace each other's. */
  readonly indexes: string;
  readonly artifacts: string;
  readonly cacheMounts: string;
  readonly sessions: string;
  readonly locks: string;
  readonly trash: string;
  readonly damaged: string;
  /** Some room that gc gives up when the disk is full, because removing records needs room too. */
  readonly reserve: string;
}

export function storeLayout(dataDir: string): StoreLayout {
  const root = join(dataDir, 'store');
  return {
    root,
    formatFile: join(root, 'format.json'),
    formatLock: join(root, 'format.lock'),
    database: join(root, 'records.db'),
    blobs: join(root, 'blobs', 'sha256'),
    sums: join(root, 'sums'),
    indexes: join(root, 'indexes'),
    artifacts: join(root, 'artifacts'),
    cacheMounts: join(root, 'cache-mounts'),
    sessions: join(root, 'sessions'),
    locks: join(root, 'locks'),
    trash: join(root, 'trash'),
    damaged: join(root, 'damaged'),
    reserve: join(root, 'reserve'),
  };
}

/** Makes the folders, for their owner only; safe when they are there. */
export async function makeFolders(layout: StoreLayout): Promise<void> {
  const { root, blobs, sums, indexes, artifacts, cacheMounts, sessions, locks, trash, damaged } = layout;
  for (const folder of [root, blobs, sums, indexes, artifacts, cacheMounts, sessions, locks, trash, damaged]) {
    await makeFolder(folder);
  }
}

/** Why a folder can't be made where a person wants it, by the code of the system's error. */
const noPlace: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'the place takes no folders'],
  ['ENOTDIR', 'something on the way there is no folder'],
  ['EEXIST', 'something on the way there is no folder'],
  ['ENAMETOOLONG', 'a name in it is too long'],
]);

export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolderPath(path, 0o700);
  } catch (error) {
    const code = systemCode(error);
    const why = noPlace.get(code ?? '');
    if (why !== undefined) {
      throw new FirekilnError('USAGE', `${path} can not be made: ${why}`, {
        hint: 'Choose another place with --data-dir or FIREKILN_DATA_DIR.',
        cause: error,
      });
    }
    throw explainSystemError(error, 'making the folder', path);
  }
}

export function blobPath(layout: StoreLayout, digest: Digest): string {
  return join(layout.blobs, hexOf(digest));
}

export function sumsPath(layout: StoreLayout, digest: Digest): string {
  return join(layout.sums, hexOf(digest));
}

export function indexPath(layout: StoreLayout, digest: Digest): string {
  return join(layout.indexes, `v${indexVersion}`, hexOf(digest));
}

export function damagedPath(layout: StoreLayout, digest: Digest): string {
  return join(layout.damaged, hexOf(digest));
}

export function artifactPath(layout: StoreLayout, kind: string, key: Digest): string {
  return join(layout.artifacts, kind, hexOf(key));
}

const hexName = /^[0-9a-f]{64}$/;

/** The digest that a file of the store is named for, or undefined for a name that is not ours. */
export function digestOfFileName(name: string): Digest | undefined {
  return hexName.test(name) ? `sha256:${name}` : undefined;
}
