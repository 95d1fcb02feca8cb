import { expect, it } from 'vitest';
import { timeSpan } from '../../../src/base/time-span.ts';

const minute = 60_000;
const day = 1440 * minute;

it.each([
  [-5, '0 seconds'],
  [1000, '1 second'],
  [59_999, '59 seconds'],
  [minute, '1 minute'],
  [120 * minute, '2 hours'],
  [47 * 60 * minute, '47 hours'],
  [2 * day, '2 days'],
  [14 * day, '2 weeks'],
  [60 * day, '2 months'],
  [729 * day, '24 months'],
  [730 * day, '2 years'],
])('tells %i milliseconds as %s', (ms, text) => {
  expect(timeSpan(ms)).toBe(text);
});
