import fc from 'fast-check';
import type { BuildCase } from '../../support/build-corpus.ts';
import type { BothBuilders, Comparison } from './both-builders.ts';
import type { Difference } from './compare-outcomes.ts';
import { archiveCase } from './generate-archive.ts';
import { anyCase } from './generate-case.ts';
import { steps } from './generate-steps.ts';
import type { Refused } from './outcome.ts';

export interface Finding {
  /** What differs, without names and values. */
  readonly kind: string;
  readonly example: BuildCase;
  readonly differences: readonly Difference[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
  /** Number of the case of the seed to start with. */
  readonly firstCase: number;
  readonly steps: boolean;
  /** Only `ADD` of archives. */
  readonly archives: boolean;
  /** For each kind of difference. */
  readonly shrinkSeconds: number;
  /** Told at once of the first case of each kind. */
  met(finding: Finding, at: number): void;
  /** Told of what both refuse. */
  refused?(ours: Refused, theirs: Refused): void;
  /** Told in the end of the same, shrunk. */
  found(finding: Finding, at: number): void;
}

export interface FuzzReport {
  readonly runs: number;
  readonly built: number;
  readonly refused: number;
  /** How often each kind was met. */
  readonly kinds: ReadonlyMap<string, number>;
}

/** Generates cases and compares; the same seed gives the same cases. */
export async function fuzzBuilds(builders: BothBuilders, options: FuzzOptions): Promise<FuzzReport> {
  const cases = options.archives ? archiveCase : anyCase(options.steps ? steps : undefined);
  const kinds = new Map<string, number>();
  const counts = { runs: 0, built: 0, refused: 0 };
  const unbiased = true;
  const toShrink: { readonly at: number; readonly finding: Finding }[] = [];
  const look = fc.asyncProperty(cases, async (it) => {
    const at = options.firstCase + counts.runs++;
    const comparison = await compareOrTell(builders, it);
    const { ours, theirs, differences } = comparison;
    if (!ours.failed && !theirs.failed) counts.built++;
    if (ours.failed && theirs.failed) {
      counts.refused++;
      options.refused?.(ours, theirs);
    }
    const kind = kindOf(differences);
    if (kind === undefined) return;
    const seen = kinds.get(kind) ?? 0;
    kinds.set(kind, seen + 1);
    if (seen > 0) return;
    const finding = { kind, example: it, differences };
    options.met(finding, at);
    toShrink.push({ at, finding });
  });
  const { seed, runs, firstCase } = options;
  await fc.check(look, { seed, path: String(firstCase), numRuns: runs, unbiased });
  for (const { at, finding } of toShrink) {
    options.found(await shrink(builders, cases, finding, at, options), at);
  }
  return { ...counts, kinds };
}

/** A defect of ours is a difference too. */
async function compareOrTell(builders: BothBuilders, it: BuildCase): Promise<Comparison> {
  try {
    return await builders.compare(it);
  } catch (error) {
    const ours = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const failed = { failed: true, lines: [], message: 'crash' } as const;
    return { ours: failed, theirs: failed, differences: [{ what: 'crash', ours, theirs: '' }] };
  }
}

async function shrink(
  builders: BothBuilders,
  cases: fc.Arbitrary<BuildCase>,
  first: Finding,
  at: number,
  { seed, shrinkSeconds }: FuzzOptions,
): Promise<Finding> {
  let best = first;
  const property = fc.asyncProperty(cases, async (it) => {
    const { differences } = await compareOrTell(builders, it);
    if (kindOf(differences) !== first.kind) return;
    best = { kind: first.kind, example: it, differences };
    throw new Error(first.kind);
  });
  await fc.check(property, {
    seed,
    path: String(at),
    numRuns: 1,
    unbiased: true,
    interruptAfterTimeLimit: shrinkSeconds * 1000,
  });
  return best;
}

/** What differs, so that two cases of one cause mostly have one kind. */
function kindOf(differences: readonly Difference[]): string | undefined {
  const [first] = differences;
  if (first === undefined) return undefined;
  const plain = (value: unknown) =>
    String(value)
      .replaceAll(/"[^"]*"|'[^']*'|\/?[\w.-]*\/[\w./-]*/g, '_')
      .replaceAll(/\d+/g, 'N')
      .slice(0, 160);
  if (first.what === 'crash') return `crash: ${plain(first.ours).split('\n')[0]}`;
  if (['outcome', 'line', 'kind of error'].includes(first.what)) {
    return `${first.what}: ${plain(first.ours)} | ${plain(first.theirs)}`;
  }
  const facts = new Set(differences.map(({ what }) => (what.startsWith('/') ? (what.split(' ').at(-1) ?? '') : what)));
  return [...facts]
    .map((it) => (it.startsWith('/') ? 'presence' : it.replace(/\d+/, 'N')))
    .sort()
    .slice(0, 3)
    .join(', ');
}
