import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { StoredRecord } from './record-table.ts';

const prefix = 'artifact:';
const kindPattern = /^[a-z][a-z0-9-]{0,31}$/;

/** The kind of the records of a kind of artifacts. The name is also that of a folder, so it is checked. */
export function artifactRecordKind(kind: string): string {
  if (!kindPattern.test(kind)) throw new Error(`${JSON.stringify(kind)} is no name for a kind of artifacts`);
  return prefix + kind;
}

/** The kind of artifacts that a record is of, or undefined for a record of something else. */
export function artifactKindOf(recordKind: string): string | undefined {
  if (!recordKind.startsWith(prefix)) return undefined;
  const kind = recordKind.slice(prefix.length);
  return kindPattern.test(kind) ? kind : undefined;
}

export function artifactKey(record: StoredRecord): Digest {
  return record.key as Digest;
}

/** What the record of an artifact says, so that one that was cut off is told from a whole one. */
export interface ArtifactValue {
  readonly bytes: number;
  readonly files: number;
  /** The boot in which it was made; until it is flushed it counts for that boot only. */
  readonly boot: string;
  readonly flushed: boolean;
}

export function artifactValue(record: StoredRecord): ArtifactValue | undefined {
  const value = record.value as Partial<ArtifactValue> | null;
  if (typeof value !== 'object' || value === null) return undefined;
  const { bytes, files, boot, flushed } = value;
  if (typeof bytes !== 'number' || typeof files !== 'number') return undefined;
  if (typeof boot !== 'string' || typeof flushed !== 'boolean') return undefined;
  return { bytes, files, boot, flushed };
}

/** The sizes of a file, or of all files in a folder; throws a system error if it is not there. */
export async function measureArtifact(path: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const stats = await lstat(path);
  if (!stats.isDirectory()) return { bytes: stats.size, files: 1 };
  let bytes = 0;
  let files = 0;
  for (const name of await readdir(path)) {
    const part = await measureArtifact(join(path, name));
    bytes += part.bytes;
    files += part.files;
  }
  return { bytes, files };
}

export function artifactInUse(kind: string, key: Digest): FirekilnError {
  return new FirekilnError('STORE_BUSY', `the ${kind} ${key} is in use by a build or a VM`, {
    hint: 'It can be removed when that has ended.',
  });
}
