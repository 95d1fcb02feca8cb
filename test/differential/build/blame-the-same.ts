import type { BuildCase } from '../../support/build-corpus.ts';
import { isBetterHere } from './better-here.ts';
import type { Outcome, Refused } from './outcome.ts';

/** What is only known when steps are carried out, several at the same time: the first fault that is met is told. */
const whileSolving =
  /failed to (?:compute|load) cache key|failed to resolve source metadata|failed to stat|: not found|no such file|not a directory|file exists|not permitted|resource busy|cannot copy to|cannot replace|too many links|header key|process "/;

/**
 * Where a case has several faults, each builder tells of one. If they are not the same, ours is taken out of the Dockerfile and
 * the rest is built again, until we blame what BuildKit blames, or nothing.
 */
export async function blameTheSame(
  first: Outcome,
  theirs: Outcome,
  it: BuildCase,
  build: (it: BuildCase) => Promise<Outcome>,
): Promise<Outcome> {
  if (!first.failed || !theirs.failed || !whileSolving.test(theirs.message)) return first;
  const lines = it.dockerfile.toString().split('\n');
  let ours: Outcome = first;
  for (let attempt = 0; attempt < 6 && ours.failed; attempt++) {
    const [line] = ours.lines;
    const isFrom = line === undefined || /^\s*FROM\b/i.test(lines[line - 1] ?? '');
    if (theirs.lines.length === 0 || theirs.lines.includes(line ?? 0)) return ours;
    // The fault of a trigger can't be taken out.
    if (isFrom) return asTheirs(ours, theirs);
    lines[(line ?? 1) - 1] = 'STOPSIGNAL 9';
    // The rest of a heredoc or of a continued line may be left.
    ours = await build({ ...it, dockerfile: Buffer.from(lines.join('\n')) });
    if (ours.failed && ours.code?.startsWith('DOCKERFILE')) return asTheirs(first, theirs);
  }
  // Without ours the case is one that is better here.
  if (ours.failed) return ours;
  return isBetterHere(theirs, it) ? asTheirs(first, theirs) : first;
}

/** Of another fault, which can't be compared. */
function asTheirs(ours: Refused, { lines, message }: Refused): Refused {
  return { ...ours, lines, message };
}
