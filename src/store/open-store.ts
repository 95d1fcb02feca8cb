import { rm } from 'node:fs/promises';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { type Emitter, silentEmitter } from '../base/events.ts';
import { AsyncOnce } from './async-once.ts';
import { CacheRecordStore } from './cache-record-store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { FileContentStore } from './content-store.ts';
import { StoreDatabase } from './database.ts';
import { FileArtifactStore } from './file-artifact-store.ts';
import { FileCacheMountStore } from './file-cache-mount-store.ts';
import { FileLayerStore } from './file-layer-store.ts';
import { ImageRecordStore } from './image-record-store.ts';
import { KeyedLocks } from './keyed-locks.ts';
import { type StoreLayout, storeLayout } from './layout.ts';
import { Leases } from './leases.ts';
import { measureUsage } from './measure-usage.ts';
import { PinRecordStore } from './pin-record-store.ts';
import { RecordTable } from './record-table.ts';
import { databaseSchema } from './schema.ts';
import { findDeadSessions, Session } from './session.ts';
import type { Store } from './store.ts';
import { enterStore, storeFormat } from './store-format.ts';
import type { StoreParts } from './store-parts.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { tolerate } from './tolerate.ts';

export interface OpenStoreOptions {
  /** The store lies in the folder `store` of it; made if it is not there. */
  readonly dataDir: string;
  readonly emitter?: Emitter;
  /** What this process does, for those who wait for it: `firekiln build`. */
  readonly purpose?: string;
  /** For work that frees room: may give up the reserve if the disk is full. */
  readonly mayUseReserve?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the store of a data dir. Throws STORE_NEWER, STORE_OUTDATED, STORE_BUSY, STORE_DAMAGED, PERMISSION, DISK_FULL.
 * On a full disk what is there can still be read. To be disposed when no reader, lease or layer of it is needed any more.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dataDir, emitter = silentEmitter, purpose = 'firekiln', now = Date.now } = options;
  const layout = storeLayout(dataDir);
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await enterStore(layout, storeFormat, { signal: options.signal }));
  const database = cleanup.use(await openDatabase(layout, options.mayUseReserve ?? false));

  const holder = `${purpose} (pid ${process.pid})`;
  const closed = new AbortController();
  const records = new RecordTable(database, now);
  const session = new AsyncOnce(async () => {
    // The scratch disk of a build that was killed may be large, and purge may never be called.
    await tolerate(emitter, 'removing what killed processes left', async () => {
      await findDeadSessions(layout, database, { remove: true });
    });
    return await Session.start(layout, database, holder);
  });
  const leases = new Leases({ database, layout, session, emitter });
  const locks = new KeyedLocks(layout.locks, holder);
  const parts: StoreParts = { layout, database, records, session, leases, locks, emitter, now, closed: closed.signal };
  const content = new FileContentStore(layout, leases, session);
  cleanup.defer(async () => {
    closed.abort();
    // Notes only: when they can't be written, as on a full disk, gc does without, and takes the session for dead.
    await tolerate(emitter, 'noting what was used', async () => records.flushUses());
    await tolerate(emitter, 'ending the session', async () => await (await session.peek())?.[Symbol.asyncDispose]());
  });
  const owned = cleanup.move();
  return {
    root: layout.root,
    content,
    layers: new FileLayerStore(parts, content),
    cache: new CacheRecordStore(records, content),
    artifacts: new FileArtifactStore(parts),
    cacheMounts: new FileCacheMountStore(parts),
    images: new ImageRecordStore(records, content, emitter),
    pins: new PinRecordStore(records, leases),
    lease: async () => await leases.open(),
    exclusive: async (name, options) => {
      const lock = await locks.acquire(name, options);
      return { [Symbol.asyncDispose]: async () => await lock.releaseAndRemove() };
    },
    temporaryFolder: async () => await makeTemporaryFolder(await session.get()),
    gc: async (policy = {}) => await collectGarbage(parts, policy),
    usage: async () => measureUsage(await takeSnapshot(parts)),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

async function openDatabase(layout: StoreLayout, mayUseReserve: boolean): Promise<StoreDatabase> {
  try {
    return StoreDatabase.open(layout.database, databaseSchema);
  } catch (error) {
    if (!isFirekilnError(error, 'DISK_FULL')) throw error;
    if (!mayUseReserve) return StoreDatabase.openCopy(layout.database, databaseSchema, error);
    await rm(layout.reserve, { force: true });
    return StoreDatabase.open(layout.database, databaseSchema);
  }
}
