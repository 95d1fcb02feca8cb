/** A value of a clock, and when another clock learned of it: never before it was, sometimes much later. */
export interface ClockSample {
  readonly ticks: number;
  /** Milliseconds. */
  readonly seenAt: number;
}

/**
 * Ticks per millisecond, however late samples were seen: only those that came without delay bound the lower hull of
 * all points, whose edge over the middle is the line (Moon, Skelly, Towsley, "Estimation and Removal of Clock Skew from
 * Network Delay Measurements", 1999). Undefined for less than two samples.
 */
export function clockRate(samples: readonly ClockSample[]): number | undefined {
  const hull: ClockSample[] = [];
  for (const sample of samples) {
    if (sample.ticks <= (hull.at(-1)?.ticks ?? Number.NEGATIVE_INFINITY)) continue;
    while (hull.length >= 2 && !isBelow(hull.at(-2), hull.at(-1), sample)) hull.pop();
    hull.push(sample);
  }
  const first = hull[0];
  const last = hull.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  const middle = (first.ticks + last.ticks) / 2;
  const at = hull.findIndex(({ ticks }) => ticks >= middle);
  const [from, to] = [hull[at - 1], hull[at]];
  if (from === undefined || to === undefined || to.seenAt <= from.seenAt) return undefined;
  return (to.ticks - from.ticks) / (to.seenAt - from.seenAt);
}

/** Whether `b` lies below the line from `a` to `c`. */
function isBelow(a: ClockSample | undefined, b: ClockSample | undefined, c: ClockSample): boolean {
  if (a === undefined || b === undefined) return true;
  return (b.seenAt - a.seenAt) * (c.ticks - a.ticks) < (c.seenAt - a.seenAt) * (b.ticks - a.ticks);
}
