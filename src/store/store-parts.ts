import type { Emitter } from '../base/events.ts';
import type { AsyncOnce } from './async-once.ts';
import type { StoreDatabase } from './database.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import type { StoreLayout } from './layout.ts';
import type { Leases } from './leases.ts';
import type { RecordTable } from './record-table.ts';
import type { Session } from './session.ts';

/** What the rooms of one open store share. */
export interface StoreParts {
  readonly layout: StoreLayout;
  readonly database: StoreDatabase;
  readonly records: RecordTable;
  /** Started when something is first leased or written. */
  readonly session: AsyncOnce<Session>;
  readonly leases: Leases;
  readonly locks: KeyedLocks;
  readonly emitter: Emitter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted when the store is closed. */
  readonly closed: AbortSignal;
}
