import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { planGc, totalBytes } from '../../../src/store/gc-plan.ts';
import type { GcPolicy } from '../../../src/store/gc-policy.ts';
import type { SnapshotRecord, StoreSnapshot } from '../../../src/store/store-snapshot.ts';
import { digestOf } from '../../support/bytes.ts';

const day = 86_400_000;
const now = 100 * day;
const digests = Array.from({ length: 8 }, (_, i) => digestOf(`blob ${i}`));
const keys = Array.from({ length: 4 }, (_, i) => digestOf(`segment ${i}`));

const refs = fc.uniqueArray(fc.constantFrom(...digests), { maxLength: 4 });
const labels = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
const times = { usedAt: fc.integer({ min: now - 10 * day, max: now }), useSeq: fc.integer({ min: 1, max: 50 }) };
const rest = { label: '', labels: {}, bytes: 0, damaged: false, busy: false };

const image = fc.record({ refs, labels, ...times, name: fc.constantFrom('sha256:1', 'app:1', 'app:2', 'db:1') }).map(
  ({ name, ...image }): SnapshotRecord => ({
    ...rest,
    ...image,
    role: 'root',
    kind: 'image',
    key: name,
    type: 'image',
  }),
);
const cache = fc.record({ refs, ...times, n: fc.nat(20) }).map(
  ({ n, ...cache }): SnapshotRecord => ({
    ...rest,
    ...cache,
    role: 'root',
    kind: 'cache',
    key: digestOf(`key ${n}`),
    type: 'cache',
  }),
);
const pin = fc
  .record({ refs: fc.uniqueArray(fc.constantFrom(...digests, ...keys), { maxLength: 2 }), ...times })
  .map((pin): SnapshotRecord => ({ ...rest, ...pin, role: 'root', kind: 'pin', key: 'vm', type: 'pin' }));
const segment = fc
  .record({
    refs: fc.uniqueArray(fc.constantFrom(...digests), { maxLength: 2 }),
    ...times,
    key: fc.constantFrom(...keys),
    bytes: fc.nat(100),
  })
  .map(
    (segment): SnapshotRecord => ({ ...rest, ...segment, role: 'derived', kind: 'artifact:segment', type: 'segment' }),
  );
const mount = fc.record({ ...times, n: fc.nat(3), bytes: fc.nat(100), busy: fc.boolean() }).map(
  ({ n, ...mount }): SnapshotRecord => ({
    ...rest,
    refs: [],
    ...mount,
    role: 'mount',
    kind: 'cachemount',
    key: `${n}`,
    type: 'cachemount',
  }),
);

const snapshot: fc.Arbitrary<StoreSnapshot> = fc
  .record({
    blobs: fc.uniqueArray(fc.tuple(fc.constantFrom(...digests), fc.nat(100)), { selector: ([digest]) => digest }),
    records: fc.uniqueArray(fc.oneof(image, cache, pin, segment, mount), {
      selector: ({ kind, key }) => `${kind} ${key}`,
      maxLength: 12,
    }),
    holds: fc.uniqueArray(fc.constantFrom(...digests, ...keys), { maxLength: 3 }),
    recordBytes: fc.nat(10),
  })
  .map(({ blobs, records, holds, recordBytes }) => ({
    now,
    blobs: new Map(blobs),
    records,
    holds: new Set(holds),
    strays: [],
    recordBytes,
  }));

const policy: fc.Arbitrary<GcPolicy> = fc.record(
  {
    types: fc.subarray(['image', 'cache', 'cachemount', 'segment']),
    unusedForMs: fc.nat(12 * day),
    keepBytes: fc.nat(600),
    labels: fc.array(
      fc.record({ name: fc.constantFrom('a', 'b'), value: fc.constantFrom('1', '2'), negated: fc.boolean() }),
      { minLength: 1, maxLength: 2 },
    ),
    dangling: fc.constant(true),
  },
  { requiredKeys: [] },
);

describe('the plan of a gc', () => {
  it('keeps what is referred to, frees the rest, and adds up', () => {
    fc.assert(
      fc.property(snapshot, policy, (store, policy) => {
        const plan = planGc(store, policy);
        const gone = new Set(plan.records.map(({ record }) => record));
        const referred = referredBy(store, (record) => !gone.has(record));
        const blobsGone = new Set(plan.blobs.map(({ digest }) => digest));
        for (const digest of store.blobs.keys()) expect(blobsGone.has(digest)).toBe(!referred.has(digest));
        for (const record of store.records) {
          if (record.role === 'derived' && referred.has(record.key as Digest)) expect(gone.has(record)).toBe(false);
          else if (record.role === 'derived' && !gone.has(record))
            expect(record.refs.every((ref) => referred.has(ref))).toBe(true);
          if (record.busy || record.type === 'pin') expect(gone.has(record)).toBe(false);
        }
        const bytesGone =
          plan.blobs.reduce((sum, { bytes }) => sum + bytes, 0) +
          plan.records.reduce((sum, { record }) => sum + record.bytes, 0);
        expect(plan.freedBytes).toBe(bytesGone);
        expect(plan.freedBytes + plan.keptBytes).toBe(totalBytes(store));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes by policy only what the policy names', () => {
    fc.assert(
      fc.property(snapshot, policy, (store, policy) => {
        for (const { record, reason } of planGc(store, policy).records) {
          if (reason !== 'policy' && reason !== 'size') continue;
          if (policy.types !== undefined) expect(policy.types).toContain(record.type);
          if (policy.unusedForMs !== undefined) expect(now - record.usedAt).toBeGreaterThanOrEqual(policy.unusedForMs);
          if (policy.dangling) expect(record.key).toBe('sha256:1');
          for (const { name, value, negated } of policy.labels ?? [])
            expect(record.labels[name] === value).toBe(!negated);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('without a policy takes garbage only', () => {
    fc.assert(
      fc.property(snapshot, (store) => {
        const reasons = planGc(store, {}).records.map(({ record, reason }) => `${record.type} ${reason}`);
        const legal = ['cache damaged', 'segment unreferenced'];
        expect(reasons.every((text) => legal.includes(text))).toBe(true);
      }),
    );
  });

  it('to keep a size it goes on until the size is reached or nothing can be freed, oldest first', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(600), (store, keepBytes) => {
        const types = ['image', 'cache', 'cachemount', 'segment'];
        const plan = planGc(store, { types, keepBytes });
        const all = planGc(store, { types });
        expect(plan.keptBytes <= keepBytes || plan.keptBytes === all.keptBytes).toBe(true);
        const taken = plan.records.filter(({ reason }) => reason === 'size');
        const last = taken.at(-1);
        if (last === undefined) return;
        // Without the last one that it took, the size was not reached.
        const sequence = taken.map(({ record }) => record.useSeq);
        expect(sequence).toEqual([...sequence].sort((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });

  it('removes a record whose content is gone, but never an image', () => {
    const missing = digestOf('missing');
    const damaged = { usedAt: 0, useSeq: 1, refs: [missing] };
    const records: SnapshotRecord[] = [
      { ...rest, ...damaged, role: 'root', kind: 'image', key: 'app:1', type: 'image' },
      { ...rest, ...damaged, role: 'root', kind: 'cache', key: digestOf('key'), type: 'cache' },
    ];
    const store = { now, blobs: new Map(), records, holds: new Set<Digest>(), strays: [], recordBytes: 0 };
    expect(planGc(store, {}).records).toEqual([{ record: records[1], reason: 'damaged' }]);
  });
});

function referredBy(store: StoreSnapshot, isKept: (record: SnapshotRecord) => boolean): ReadonlySet<Digest> {
  const referred = new Set(store.holds);
  for (const record of store.records) {
    if (record.role === 'root' && isKept(record)) for (const ref of record.refs) referred.add(ref);
  }
  return referred;
}
