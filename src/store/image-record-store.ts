import { type Digest, isDigest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter } from '../base/events.ts';
import type { FileContentStore } from './content-store.ts';
import { requireAll } from './missing-refs.ts';
import type { RecordTable, StoredRecord } from './record-table.ts';
import type { ImageRecord, ImageRecordInput, ImageRecords } from './store.ts';

export const imageKind = 'image';

export class ImageRecordStore implements ImageRecords {
  readonly #records: RecordTable;
  readonly #content: FileContentStore;
  readonly #emitter: Emitter;

  constructor(records: RecordTable, content: FileContentStore, emitter: Emitter) {
    this.#records = records;
    this.#content = content;
    this.#emitter = emitter;
  }

  async tag(names: readonly string[], image: ImageRecordInput): Promise<void> {
    const { manifest, metadata, labels } = image;
    const refs = [...new Set([manifest, ...image.refs, ...(metadata === undefined ? [] : [metadata])])];
    await requireAll(this.#content, refs, `the image ${names.join(', ')}`);
    const value: ImageValue = { manifest, refs: image.refs, metadata, labels };
    this.#records.put(
      names.map((name) => ({ kind: imageKind, key: name, label: name, value, refs })),
      { durable: true },
    );
  }

  async resolve(name: string): Promise<ImageRecord | undefined> {
    const record = this.#records.get(imageKind, name);
    if (record === undefined) return undefined;
    const image = 'damaged' in record ? undefined : imageRecord(record);
    if (image === undefined) throw damaged(name);
    await this.#content.firstMissing([image.manifest, ...image.refs]);
    this.#records.touch(imageKind, name);
    return image;
  }

  async untag(name: string): Promise<boolean> {
    return this.#records.delete(imageKind, name);
  }

  async list(): Promise<readonly ImageRecord[]> {
    const found: ImageRecord[] = [];
    for (const record of this.#records.list(imageKind)) {
      const image = 'damaged' in record ? undefined : imageRecord(record);
      if (image !== undefined) found.push(image);
      else this.#emitter.message('warn', damaged(record.key).message, damaged(record.key).hint);
    }
    return found;
  }
}

interface ImageValue {
  readonly manifest: Digest;
  readonly refs: readonly Digest[];
  readonly metadata?: Digest | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Undefined if the record is not one that this version wrote. */
export function imageRecord(record: StoredRecord): ImageRecord | undefined {
  const value = record.value as Partial<ImageValue> | null;
  if (typeof value !== 'object' || value === null) return undefined;
  const { manifest, refs, metadata, labels } = value;
  if (!isDigest(manifest) || !Array.isArray(refs) || !refs.every(isDigest)) return undefined;
  return {
    name: record.key,
    manifest,
    refs,
    ...(isDigest(metadata) ? { metadata } : {}),
    ...(labels === undefined ? {} : { labels }),
    createdAt: record.createdAt,
  };
}

function damaged(name: string): FirekilnError {
  return new FirekilnError('STORE_DAMAGED', `the record of the image ${name} is damaged`, {
    hint: `Tag, build or pull it again, or drop it with \`firekiln rmi ${name}\`.`,
  });
}
