import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clockRate } from '../../../../src/vm/qemu/clock-rate.ts';

it('finds the rate behind delays of any length, if a few samples came without', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 500_000, max: 6_000_000 }),
      fc.integer({ min: 0, max: 2 ** 50 }),
      fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 400, maxLength: 400 }),
      (rate, start, delays) => {
        const samples = delays.map((delay, i) => {
          const at = i * 10;
          const isPrompt = i % 40 === 7;
          return { ticks: start + at * rate, seenAt: 5000 + at + (isPrompt ? 0.02 : delay) };
        });
        const found = clockRate(samples) ?? 0;
        expect(Math.abs(found / rate - 1)).toBeLessThan(50e-6);
      },
    ),
  );
});

it('says nothing without two samples', () => {
  expect(clockRate([])).toBeUndefined();
  expect(clockRate([{ ticks: 1, seenAt: 1 }])).toBeUndefined();
});
