import type { Digest } from '../base/digest.ts';
import { findDeadSessions } from './session.ts';
import type { Lease } from './store.ts';
import type { StoreParts } from './store-parts.ts';
import { tolerate } from './tolerate.ts';

/** Number of the lease under which a session holds what it publishes while no other lease is open. */
const sessionLease = 0;

/**
 * The leases of one Store object. The rule that makes gc safe beside builds: first hold, then look or publish. A hold
 * is a committed transaction, gc decides and removes within one; so whoever has held a digest and then sees its file
 * keeps it.
 */
export class Leases {
  readonly #parts: Pick<StoreParts, 'database' | 'layout' | 'session' | 'emitter'>;
  readonly #open = new Map<number, Set<Digest>>();
  readonly #published = new Set<Digest>();
  #count = sessionLease;

  constructor(parts: Pick<StoreParts, 'database' | 'layout' | 'session' | 'emitter'>) {
    this.#parts = parts;
  }

  async open(): Promise<Lease> {
    const { id } = await this.#parts.session.get();
    const lease = ++this.#count;
    this.#open.set(lease, new Set());
    return {
      hold: async (...digests) => {
        if (!this.#open.has(lease)) throw new Error('this lease was closed');
        this.#hold(id, [lease], digests);
      },
      [Symbol.asyncDispose]: async () => {
        if (!this.#open.delete(lease)) return;
        // What is not deleted here goes with the session.
        await tolerate(this.#parts.emitter, 'closing a lease', async () => {
          this.#parts.database.run('DELETE FROM holds WHERE session = ? AND lease = ?', id, lease);
        });
      },
    };
  }

  /** To be called before looking for something, if what is found is to stay. */
  async beforeLook(...digests: readonly Digest[]): Promise<void> {
    if (this.#open.size === 0) return;
    this.#hold((await this.#parts.session.get()).id, [...this.#open.keys()], digests);
  }

  /** To be called before something is renamed into its place. */
  async beforePublish(...digests: readonly Digest[]): Promise<void> {
    const { id } = await this.#parts.session.get();
    this.#hold(id, this.#open.size === 0 ? [sessionLease] : [...this.#open.keys()], digests);
  }

  /** Drops what dead processes hold. */
  async reclaimDead(): Promise<void> {
    await findDeadSessions(this.#parts.layout, this.#parts.database, { remove: true });
  }

  /** True if a lease of any process holds it; within the caller's transaction, after {@link reclaimDead}. */
  isHeldWithin(digest: Digest): boolean {
    return this.#parts.database.get('SELECT 1 FROM holds WHERE digest = ? LIMIT 1', digest) !== undefined;
  }

  #hold(session: string, leases: readonly number[], digests: readonly Digest[]): void {
    const rows: [number, Digest][] = [];
    for (const lease of leases) {
      const held = this.#heldBy(lease);
      for (const digest of digests) if (!held.has(digest)) rows.push([lease, digest]);
    }
    if (rows.length === 0) return;
    this.#parts.database.transact(() => {
      for (const [lease, digest] of rows) {
        this.#parts.database.run(
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
