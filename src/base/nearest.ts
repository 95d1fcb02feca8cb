/** Names further away than this are no slips of the finger. */
const maxDistance = 2;

/**
 * The option that a mistyped word most likely means: at most two letters inserted, left out or exchanged, the first of
 * the nearest. Undefined if none is near, or if the word is itself an option.
 */
export function nearest(word: string, options: Iterable<string>, { ignoreCase = false } = {}): string | undefined {
  const wanted = ignoreCase ? word.toLowerCase() : word;
  let best: string | undefined;
  let bestDistance = maxDistance + 1;
  for (const option of options) {
    const candidate = ignoreCase ? option.toLowerCase() : option;
    if (candidate === wanted) return undefined;
    if (candidate === '') continue;
    const distance = isSwap(wanted, candidate) ? 1 : editDistance(wanted, candidate, bestDistance);
    if (distance >= bestDistance) continue;
    best = option;
    bestDistance = distance;
  }
  return best;
}

/** A hint for {@link nearest}; undefined if nothing is near. */
export function didYouMean(word: string, options: Iterable<string>, { ignoreCase = false } = {}): string | undefined {
  const option = nearest(word, options, { ignoreCase });
  return option === undefined ? undefined : `Did you mean ${option}?`;
}

/** Two neighbours have changed places, which is one slip: `RNU` is rather RUN than ENV. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** The Levenshtein distance, or `limit` if it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const from = Array.from(a);
  const to = Array.from(b);
  let previous = to.map((_, index) => index + 1);
  for (const [row, char] of from.entries()) {
    const current: number[] = [];
    let left = row + 1;
    let diagonal = row;
    for (const [column, other] of to.entries()) {
      const above = previous[column] ?? 0;
      left = Math.min(left + 1, above + 1, diagonal + (char === other ? 0 : 1));
      diagonal = above;
      current.push(left);
    }
    if (Math.min(row + 1, ...current) >= limit) return limit;
    previous = current;
  }
  return Math.min(limit, previous.at(-1) ?? from.length);
}
