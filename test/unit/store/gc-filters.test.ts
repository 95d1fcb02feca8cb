import { describe, expect, it } from 'vitest';
import { parseGcFilters } from '../../../src/store/gc-filters.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-24T12:00:00Z');

describe('filters of purge', () => {
  it.each([
    [[], {}],
    [['until=24h'], { unusedForMs: 24 * hour }],
    [['until=1h30m'], { unusedForMs: 1.5 * hour }],
    [['until=1.5h'], { unusedForMs: 1.5 * hour }],
    [['until=2d'], { unusedForMs: 48 * hour }],
    [['until=10ms'], { unusedForMs: 10 }],
    [['until=2026-11-24T11:00:00Z'], { unusedForMs: hour }],
    [['until=2026-11-24'], { unusedForMs: 12 * hour }],
    [['until=2030-01-01'], { unusedForMs: 0 }],
    [['type=image', 'type=cache'], { types: ['image', 'cache'] }],
    [
      ['label=a', 'label=b=1=2', 'label!=c=3'],
      {
        labels: [
          { name: 'a', negated: false },
          { name: 'b', value: '1=2', negated: false },
          { name: 'c', value: '3', negated: true },
        ],
      },
    ],
    [['dangling=true'], { dangling: true }],
    [['dangling=false'], {}],
  ])('%j', (filters, expected) => {
    expect(parseGcFilters(filters, now)).toEqual(expected);
  });

  it.each([
    ['until', 'The filters are'],
    ['until=', 'The filters are'],
    ['until=yesterday', 'A time is'],
    ['until=24', 'A time is'],
    ['until=2026-13-40', 'A time is'],
    ['untill=24h', 'Did you mean until?'],
    ['colour=red', 'The filters are'],
    ['dangling=maybe', 'It is dangling'],
  ])('%s is refused', (filter, hint) => {
    expect(() => parseGcFilters([filter], now)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(filter),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
