import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentRuns } from '../../../../src/images/segments/segment-runs.ts';

const sizes = fc.array(fc.nat(1_000_000), { maxLength: 60 });

describe('segment runs', () => {
  it('cover the chain in order with at most the wanted number', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 20 }), (layers, max) => {
        const runs = segmentRuns(layers, max);
        expect(runs.length).toBeLessThanOrEqual(max);
        expect(runs.flatMap(({ from, to }) => layers.slice(from, to))).toEqual(layers);
        expect(runs.every(({ from, to }) => from < to)).toBe(true);
      }),
    );
  });

  it('one layer more leaves all runs but two as they were', () => {
    fc.assert(
      fc.property(sizes, fc.nat(1_000_000), fc.integer({ min: 1, max: 20 }), (layers, size, max) => {
        const before = segmentRuns(layers, max).map(({ from, to }) => `${from}-${to}`);
        const after = segmentRuns([...layers, size], max).map(({ from, to }) => `${from}-${to}`);
        expect(before.filter((run) => !after.includes(run)).length).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('a large base is not joined with small steps', () => {
    const runs = segmentRuns([5000, ...Array.from({ length: 40 }, () => 1)], 4);
    expect(runs[0]).toEqual({ from: 0, to: 1 });
    expect(() => segmentRuns([1], 0)).toThrow(RangeError);
  });
});
