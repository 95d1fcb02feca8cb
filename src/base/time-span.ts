const hour = 3_600_000;
const day = 24 * hour;

/** From so many milliseconds on, a time is told in this unit. */
const steps: readonly (readonly [from: number, unit: number, word: string])[] = [
  [2 * 365 * day, 365 * day, 'year'],
  [60 * day, 30 * day, 'month'],
  [14 * day, 7 * day, 'week'],
  [2 * day, day, 'day'],
  [hour, hour, 'hour'],
  [60_000, 60_000, 'minute'],
  [0, 1000, 'second'],
];

/** A time span for people, as docker tells it: `2 hours`, `3 weeks`. */
export function timeSpan(ms: number): string {
  const span = Math.max(0, ms);
  for (const [from, unit, word] of steps) {
    if (span < from) continue;
    const count = Math.floor(span / unit);
    return `${count} ${word}${count === 1 ? '' : 's'}`;
  }
  throw new Error(`${ms} is no time span`);
}
