import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Digest, digestOfValue, isDigest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { readSuperblock } from '../../formats/ext4/reader/superblock.ts';
import { formatUuid } from '../../formats/ext4/writer/identity.ts';
import { folderName } from '../../formats/oci/folder-name.ts';
import type { ContainerConfig, Platform } from '../../formats/oci/image.ts';
import { JsonReader } from '../../formats/oci/json-reader.ts';
import { maxConfigBytes } from '../../formats/oci/limits.ts';
import { parseImageConfig } from '../../formats/oci/parse-config.ts';
import { formatReference, parseReference, withDefaultTag } from '../../formats/oci/reference.ts';
import { FileAccess } from '../../store/file-access.ts';
import type { Store } from '../../store/store.ts';
import { configJson } from '../config-json.ts';
import type { ImageSource } from '../image-source.ts';
import { importExt4 } from '../import-ext4.ts';
import { manifestDigestOf } from '../manifest-json.ts';
import { rootOfDisk } from '../root-partition.ts';
import { folderBox, readWhole } from './file-box.ts';

export interface BaseStorePlace {
  /** The folder. */
  readonly root: string;
  /** On disks with several partitions, which is the root. */
  readonly partuuid?: string | undefined;
}

/** Goes up when the same disk would give another layer. */
const importVersion = 1;

/**
 * The root file systems of a base store, `<root>/<org>/<os>/<version>/root.ext4`, each as an image of one layer, whose
 * config is the member `config` of the `metadata.json` beside it. A disk is read when it is first asked for, unless it is
 * to be left unread, and again when its file has changed.
 */
export function baseStoreSource(store: Store, { root, partuuid }: BaseStorePlace): ImageSource {
  return {
    description: `base store at ${resolve(root)}`,
    async resolve(name, { platform, leaveUnread, emitter, signal }) {
      const reference = withDefaultTag(parseReference(name));
      // An image by its digest alone has no place here.
      if (reference.tag === undefined) return undefined;
      const folder = join(resolve(root), folderName(reference));
      const disk = join(folder, 'root.ext4');
      const identity = await identityOf(disk, partuuid);
      if (identity === undefined) return undefined;
      const canonical = formatReference(reference);
      const bring = async () => {
        const known = await knownLayer(store, identity.key);
        if (known !== undefined) return known;
        emitter.message('info', `reading ${disk}`);
        const { diffId } = await importExt4(store, disk, { partuuid, signal });
        await store.cache.put(identity.key, { value: diffId, refs: [diffId], label: `base ${canonical}` });
        return diffId;
      };
      // What is no disk at all is still told.
      if (leaveUnread === true) uuidOf(disk, partuuid);
      const diffId = leaveUnread === true ? identity.key : await bring();
      const bytes = configJson({
        platform,
        config: await readConfig(folder, platform, () => uuidOf(disk, partuuid)),
        history: [{ created_by: `root.ext4 of ${canonical}`, comment: 'firekiln' }],
        layers: [diffId],
        created: new Date(identity.mtimeMs).toISOString(),
      });
      return {
        name: canonical,
        origin: 'base-store',
        location: disk,
        manifestDigest: leaveUnread === true ? identity.key : await manifestDigestOf(store, bytes, [diffId]),
        config: parseImageConfig(bytes, `config of ${disk}`),
        layers: async () => [await bring()],
      };
    },
  };
}

async function knownLayer(store: Store, key: Digest): Promise<Digest | undefined> {
  const value = (await store.cache.get(key))?.value;
  return isDigest(value) && (await store.layers.has(value)) !== undefined ? value : undefined;
}

/** What the file is, without reading it; undefined if it is not there. */
async function identityOf(
  path: string,
  partuuid: string | undefined,
): Promise<{ readonly key: Digest; readonly mtimeMs: number } | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    const facts = [dev, ino, size, mtimeNs, ctimeNs].map(String);
    return { key: digestOfValue({ baseStore: importVersion, path, facts, partuuid }), mtimeMs: Number(stats.mtimeMs) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw explainSystemError(error, 'reading', path);
  }
}

async function readConfig(
  folder: string,
  { os, architecture }: Platform,
  uuidOfDisk: () => string,
): Promise<ContainerConfig> {
  const box = folderBox(folder, folder);
  const path = `${folder}/metadata.json`;
  const bytes = await readWhole(box, 'metadata.json', maxConfigBytes);
  if (bytes === undefined) return {};
  const metadata = JsonReader.parse(bytes, path);
  const uuid = metadata.member('uuid');
  if (!uuid.isAbsent && uuid.string() !== uuidOfDisk()) {
    throw new FirekilnError('BASE_HALF_REPLACED', `${path} is not that of the disk beside it: the UUIDs differ`, {
      hint: 'Build the base again. If the disk was changed on purpose, remove `uuid` from metadata.json.',
    });
  }
  const config = metadata.member('config').value;
  const file = { os, architecture, rootfs: { type: 'layers', diff_ids: [] }, config };
  return parseImageConfig(Buffer.from(JSON.stringify(file)), path).config ?? {};
}

function uuidOf(path: string, partuuid: string | undefined): string {
  using disk = new FileAccess(path);
  const { uuid } = readSuperblock(rootOfDisk(disk, path, partuuid).content);
  return formatUuid(new Uint8Array(uuid.buffer, uuid.byteOffset, uuid.byteLength));
}
