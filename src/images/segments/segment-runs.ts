/** Layers `from` to `to - 1` of a chain. */
export interface LayerRun {
  readonly from: number;
  readonly to: number;
}

/** Limits that are used; others are rounded down, so that callers with a drive more or less share their segments. */
const limits = [16, 12, 8, 6, 4, 3, 2, 1];

/**
 * Which layers make one segment together, given the sizes of all. Layers are laid on one by one; whenever there is one
 * run too many, the two neighbours that are smallest together become one, the lower ones among equals. So a chain that
 * grows by a layer keeps nearly all of its runs, and the large ones below are not written again.
 */
export function segmentRuns(sizes: readonly number[], maxSegments: number): readonly LayerRun[] {
  const limit = limits.find((it) => it <= maxSegments);
  if (limit === undefined) throw new RangeError(`a chain needs at least one segment, not ${maxSegments}`);
  const runs: (LayerRun & { readonly size: number })[] = [];
  for (const [at, size] of sizes.entries()) {
    runs.push({ from: at, to: at + 1, size });
    if (runs.length <= limit) continue;
    const pairs = runs.slice(1).map((run, i) => (runs[i]?.size ?? 0) + run.size);
    const lower = pairs.indexOf(Math.min(...pairs));
    const [first, second] = runs.slice(lower, lower + 2);
    if (first === undefined || second === undefined) continue;
    runs.splice(lower, 2, { from: first.from, to: second.to, size: first.size + second.size });
  }
  return runs.map(({ from, to }) => ({ from, to }));
}
