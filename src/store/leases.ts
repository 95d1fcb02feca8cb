import type { Digest } from '../base/digest.ts';
import type { AsyncOnce } from './async-once.ts';
import type { StoreDatabase } from './database.ts';
import type { StoreLayout } from './layout.ts';
import { findDeadSessions, type Session } from './session.ts';
import type { Lease } from './store.ts';

/** Number of the lease under which a session holds what it publishes while no other lease is open. */
const sessionLease = 0;

/**
 * The leases of one Store object. The rule that makes gc safe beside builds: first hold, then look or publish. A hold
 * is a committed transaction, gc decides and removes within one; so whoever has held a digest and then sees its file
 * keeps it.
 */
export class Leases {
  readonly #database: StoreDatabase;
  readonly #layout: StoreLayout;
  readonly #session: AsyncOnce<Session>;
  readonly #open = new Map<number, Set<Digest>>();
  readonly #published = new Set<Digest>();
  #count = sessionLease;

  constructor(database: StoreDatabase, layout: StoreLayout, session: AsyncOnce<Session>) {
    this.#database = database;
    this.#layout = layout;
    this.#session = session;
  }

  async open(): Promise<Lease> {
    const { id } = await this.#session.get();
    const lease = ++this.#count;
    this.#open.set(lease, new Set());
    return {
      hold: async (...digests) => {
        if (!this.#open.has(lease)) throw new Error('this lease was closed');
        this.#hold(id, [lease], digests);
      },
      [Symbol.asyncDispose]: async () => {
        if (!this.#open.delete(lease)) return;
        this.#database.run('DELETE FROM holds WHERE session = ? AND lease = ?', id, lease);
      },
    };
  }

  /** To be called before looking for something, if what is found is to stay. */
  async beforeLook(...digests: readonly Digest[]): Promise<void> {
    if (this.#open.size === 0) return;
    this.#hold((await this.#session.get()).id, [...this.#open.keys()], digests);
  }

  /** To be called before something is renamed into its place. */
  async beforePublish(...digests: readonly Digest[]): Promise<void> {
    const { id } = await this.#session.get();
    this.#hold(id, this.#open.size === 0 ? [sessionLease] : [...this.#open.keys()], digests);
  }

  /** Drops what dead processes hold. */
  async reclaimDead(): Promise<void> {
    await findDeadSessions(this.#layout, this.#database, { remove: true });
  }

  /** True if a lease of any process holds it; within the caller's transaction, after {@link reclaimDead}. */
  isHeldWithin(digest: Digest): boolean {
    return this.#database.get('SELECT 1 FROM holds WHERE digest = ? LIMIT 1', digest) !== undefined;
  }

  #hold(session: string, leases: readonly number[], digests: readonly Digest[]): void {
    const rows: [number, Digest][] = [];
    for (const lease of leases) {
      const held = this.#heldBy(lease);
      for (const digest of digests) if (!held.has(digest)) rows.push([lease, digest]);
    }
    if (rows.length === 0) return;
    this.#database.transact(() => {
      for (const [lease, digest] of rows) {
        this.#database.run(
          'INSERT OR IGNORE INTO holds (session, lease, digest) VALUES (?, ?, ?)',
          session,
          lease,
          digest,
        );
      }
    });
    for (const [lease, digest] of rows) this.#heldBy(lease).add(digest);
  }

  #heldBy(lease: number): Set<Digest> {
    return lease === sessionLease ? this.#published : (this.#open.get(lease) ?? new Set());
  }
}
