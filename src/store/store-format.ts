import { readdir, readFile } from 'node:fs/promises';
import { delay } from '../base/abort.ts';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { FileLock } from '../base/lock.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { StoreDatabase } from './database.ts';
import { digestOfFileName, makeFolder, makeFolders, type StoreLayout } from './layout.ts';
import { layInReserve } from './reserve.ts';
import { databaseSchema } from './schema.ts';

/** What a version of Firekiln knows of the formats of stores. */
export interface StoreFormat {
  readonly current: number;
  /**
   * By the version they start from; each brings a store to the next version. May be killed at any point and run again:
   * the version is written when it has ended.
   */
  readonly migrations: ReadonlyMap<number, (layout: StoreLayout) => Promise<void>>;
}

/** Any change that an older Firekiln would misread raises `current`. */
export const storeFormat: StoreFormat = { current: 1, migrations: new Map() };

const formatName = 'firekiln-store';
/** How long an older version may go on using a store that must be migrated. */
const defaultPatienceMs = 10_000;
const longestPauseMs = 100;

/**
 * Makes sure that the store has the current format: creates or migrates it if it must. Returns a shared lock that keeps
 * other versions from migrating the store for as long as it is held. Throws STORE_NEWER, STORE_OUTDATED, STORE_DAMAGED,
 * or STORE_BUSY if it must be migrated while an older version still uses it.
 */
export async function enterStore(
  layout: StoreLayout,
  format: StoreFormat,
  options: { readonly signal?: AbortSignal | undefined; readonly patienceMs?: number } = {},
): Promise<FileLock> {
  const { signal, patienceMs = defaultPatienceMs } = options;
  await makeFolder(layout.root);
  const deadline = performance.now() + patienceMs;
  for (let pause = 2; ; pause = Math.min(2 * pause, longestPauseMs)) {
    // Written by rename, so it can be read without a lock; it only ever grows.
    if ((await readVersion(layout, format)) === format.current) {
      const shared = await FileLock.acquire(layout.formatLock, { shared: true, signal });
      if (await isCurrent(layout, format, shared)) return shared;
    } else {
      await using exclusive = await FileLock.tryAcquire(layout.formatLock);
      if (exclusive !== undefined) await bringUpToDate(layout, format);
      // Somebody else is at it, or an older version is at work.
      else if (performance.now() > deadline) throw storeBusy(layout);
      else await delay(pause, signal);
    }
  }
}

async function isCurrent(layout: StoreLayout, format: StoreFormat, shared: FileLock): Promise<boolean> {
  try {
    if ((await readVersion(layout, format)) === format.current) return true;
  } catch (error) {
    await shared[Symbol.asyncDispose]();
    throw error;
  }
  await shared[Symbol.asyncDispose]();
  return false;
}

/** To be called under the exclusive lock. */
async function bringUpToDate(layout: StoreLayout, format: StoreFormat): Promise<void> {
  let version = await readVersion(layout, format);
  if (version === undefined) {
    await refuseNameless(layout);
    await makeFolders(layout);
    await layInReserve(layout);
    StoreDatabase.create(layout.database, databaseSchema);
    await writeVersion(layout, format.current);
    return;
  }
  for (; version < format.current; version++) {
    const migrate = format.migrations.get(version);
    if (migrate === undefined) throw new Error(`no migration from ${version}`);
    await migrate(layout);
    await writeVersion(layout, version + 1);
  }
}

function storeBusy(layout: StoreLayout): FirekilnError {
  return new FirekilnError('STORE_BUSY', `the store ${layout.root} is in use by an older version of Firekiln`, {
    hint: 'It is brought to the format of this version once no process of the older one uses it.',
  });
}

/** Content without a format is not ours to guess at; folders without content are what a killed creation leaves. */
async function refuseNameless(layout: StoreLayout): Promise<void> {
  if ((await namesIn(layout.blobs)).some((name) => digestOfFileName(name) !== undefined)) {
    throw formatUnknown(layout.formatFile);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw explainSystemError(error, 'reading', folder);
  }
}

/** The version of the store, one that this Firekiln can use or migrate; undefined if there is no store yet. */
async function readVersion(layout: StoreLayout, format: StoreFormat): Promise<number | undefined> {
  const version = await readFormatFile(layout.formatFile);
  if (version === undefined) return undefined;
  if (version > format.current) {
    throw new FirekilnError(
      'STORE_NEWER',
      `the store ${layout.root} has format ${version}; this version of Firekiln knows formats up to ${format.current}`,
      { hint: 'Use the newer Firekiln, or another place with --data-dir.' },
    );
  }
  for (let step = version; step < format.current; step++) {
    if (format.migrations.has(step)) continue;
    throw new FirekilnError(
      'STORE_OUTDATED',
      `the store ${layout.root} has format ${version}, which this version of Firekiln can't bring to format ${format.current}`,
      { hint: 'Open it once with a version between the two, or use another place with --data-dir.' },
    );
  }
  return version;
}

async function readFormatFile(path: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw explainSystemError(error, 'reading', path);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isFormatRecord(value)) return value.version;
  throw formatUnknown(path);
}

function formatUnknown(path: string): FirekilnError {
  return new FirekilnError('STORE_DAMAGED', `${path} does not say which format the store has`, {
    hint: `A store that this version made says ${formatText(storeFormat.current).trim()}; restore the file, or use another place with --data-dir.`,
  });
}

function isFormatRecord(value: unknown): value is { readonly format: string; readonly version: number } {
  if (typeof value !== 'object' || value === null || !('format' in value) || !('version' in value)) return false;
  return value.format === formatName && Number.isSafeInteger(value.version) && Number(value.version) > 0;
}

async function writeVersion(layout: StoreLayout, version: number): Promise<void> {
  await writeFileAtomic(layout.formatFile, formatText(version), { mode: 0o600 });
}

function formatText(version: number): string {
  return `${JSON.stringify({ format: formatName, version })}\n`;
}
