import { isDeepStrictEqual } from 'node:util';
import type { BuildCase } from '../../support/build-corpus.ts';
import type { TreeFacts } from '../../support/facts-of-tree.ts';
import { timeOfBases } from './base-images.ts';
import { isBetterHere, isCircleOfReplaced, isNameOfContext, isStricterHere } from './better-here.ts';
import { isSameKind } from './error-kinds.ts';
import { type Built, type Outcome, type Refused, replacedKey } from './outcome.ts';
import { timeOfCommit } from './remote-server.ts';
import { hasTriggersOfReplaced } from './replaced-stages.ts';
import { sentEmpty } from './sent-empty.ts';

/** Of the root of an image without layers. */
const timeOfEmptyRoot = 0;

/** One fact on which Firekiln and BuildKit do not agree. */
export interface Difference {
  /** `/path mode`, `config.Env`, `refused`. */
  readonly what: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** `startedSec`: times from then on are those of the build. */
export function compareOutcomes(ours: Outcome, theirs: Outcome, it: BuildCase, startedSec: number): Difference[] {
  if (ours.failed && theirs.failed) return compareRefusals(ours, theirs, it);
  if (!ours.failed && theirs.failed && isBetterHere(theirs, it)) return [];
  if (ours.failed && !theirs.failed && isStricterHere(ours, it)) return [];
  if (hasTriggersOfReplaced(it)) return [];
  if (ours.failed || theirs.failed) return [{ what: 'outcome', ours: shortly(ours), theirs: shortly(theirs) }];
  return [...compareEntries(ours, theirs, it, startedSec), ...compareConfigs(ours, theirs)];
}

function shortly(outcome: Outcome): unknown {
  return outcome.failed ? `refused: ${outcome.message} (line ${outcome.lines.join(', ')})` : 'built';
}

function compareRefusals(ours: Refused, theirs: Refused, it: BuildCase): Difference[] {
  if (isNameOfContext(theirs, it) || isCircleOfReplaced(theirs, it)) return [];
  const found: Difference[] = [];
  const [line] = theirs.lines;
  // BuildKit marks every line of an instruction, and none for what is wrong with the build as a whole.
  if (line !== undefined && !theirs.lines.includes(ours.lines[0] ?? 0)) {
    found.push({ what: 'line', ours: `${ours.lines.join()}: ${ours.message}`, theirs: `${line}: ${theirs.message}` });
  }
  // The same where there are several faults, of which each tells another (blame-the-same.ts).
  const isExplained =
    isSameKind(ours.message, theirs.message) ||
    isBetterHere(theirs, it) ||
    isMissedLater(ours, theirs, it) ||
    isToldBeforeSteps(theirs);
  if (ours.message !== theirs.message && !isExplained) {
    found.push({ what: 'kind of error', ours: ours.message, theirs: theirs.message });
  }
  return found;
}

/** What BuildKit looks at before the steps, whichever of them has a fault too: the target, and all that it reads of a context. */
function isToldBeforeSteps({ message }: Refused): boolean {
  return /target stage "[^"]*" could not be found/.test(message) || /\binvalid includepatterns: \[/.test(message);
}

/** Of the sources of one instruction BuildKit looks for the outermost, and meets what is in the way before it misses another. */
function isMissedLater(ours: Refused, theirs: Refused, { dockerfile }: BuildCase): boolean {
  const text = dockerfile.toString().split('\n')[(theirs.lines[0] ?? 0) - 1] ?? '';
  return (
    /^too many symbolic links|was not found in /.test(ours.message) &&
    /: not a directory$|cannot copy to|cannot replace/.test(theirs.message) &&
    /[\s"](?:\.|\/|\.\/)["\s].*[\s"]./.test(text)
  );
}

function compareEntries(ours: Built, theirs: Built, it: BuildCase, startedSec: number): Difference[] {
  const found: Difference[] = [];
  const paths = new Set([...ours.entries.keys(), ...theirs.entries.keys()]);
  for (const path of [...paths].sort()) {
    const mine = ours.entries.get(path);
    const other = theirs.entries.get(path);
    if (mine === undefined || other === undefined) {
      found.push({ what: path, ours: mine && describe(mine), theirs: other && describe(other) });
      continue;
    }
    const [left, right] = [plainFacts(mine, startedSec), plainFacts(other, startedSec)];
    for (const name of Object.keys(left) as (keyof typeof left)[]) {
      if (isDeepStrictEqual(left[name], right[name])) continue;
      if (name === 'content' && isOfSameMoment(ours, mine, other, path)) continue;
      if (name === 'content' && other.size === 0 && sentEmpty(it).has(mine.sha256 ?? '')) continue;
      if (name === 'mtime' && mine.kind === 'directory' && isTimeOfFolder(mine, right.mtime, it)) continue;
      // The files of a repository have the time of the commit here, and that of the checkout there.
      if (name === 'mtime' && mine.mtimeSec === timeOfCommit && right.mtime === 'now') continue;
      // Of extended attributes, BuildKit's layers only have what capabilities a file gives.
      if (name === 'xattrs' && isDeepStrictEqual(onlyCapability(left.xattrs), right.xattrs)) continue;
      // A new name of a file of an earlier layer is a copy there.
      const isCopy = name === 'firstName' && right.firstName === path.slice(1);
      if (isCopy && /^\s*RUN\b.*\bln \//im.test(it.dockerfile.toString())) continue;
      found.push({ what: `${path} ${name}`, ours: left[name], theirs: right[name] });
    }
  }
  return found;
}

/** A here-document that BuildKit made in the moment of the one that it replaces, of the same size, so that it saw no change. */
function isOfSameMoment({ replaced }: Built, mine: TreeFacts, other: TreeFacts, path: string): boolean {
  const { sha256 } = other;
  return sha256 !== undefined && mine.size === other.size && replaced.has(replacedKey(path, sha256));
}

const onlyCapability = (xattrs: TreeFacts['xattrs']) =>
  Object.fromEntries(Object.entries(xattrs).filter(([name]) => name === 'security.capability'));

/** Of the times of folders, what docs/differences.md tells. */
function isTimeOfFolder(mine: TreeFacts, time: number | 'now', it: BuildCase): boolean {
  // The folders above what is copied get the time of the build there, and keep theirs here: also where the same was there before.
  if (time === 'now') return true;
  // A change of a folder's time alone is in no layer. Later steps see it there, and may copy it or write it with what they change
  // below; here they don't.
  const isUntold = [timeOfBases, timeOfEmptyRoot].some((known) => [mine.mtimeSec, time].includes(known));
  return isUntold && /--from=|FROM s\d/i.test(it.dockerfile.toString());
}

const describe = (it: TreeFacts) => `${it.kind} ${it.mode.toString(8)} ${it.uid}:${it.gid}`;

function plainFacts(it: TreeFacts, startedSec: number) {
  const { kind, mode, uid, gid, size, sha256, linkTarget, firstName, xattrs, deviceMajor, deviceMinor, mtimeSec } = it;
  return {
    kind,
    mode: kind === 'symlink' ? '' : mode.toString(8),
    owner: `${uid}:${gid}`,
    content: `${kind === 'file' ? size : ''} ${sha256 ?? ''}`,
    linkTarget,
    firstName,
    xattrs,
    device: `${deviceMajor}:${deviceMinor}`,
    mtime: mtimeSec >= startedSec ? ('now' as const) : mtimeSec,
  };
}

function compareConfigs(ours: Built, theirs: Built): Difference[] {
  const [left, right] = [plainConfig(ours), plainConfig(theirs)];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].flatMap((name) => {
    if (isDeepStrictEqual(left[name], right[name])) return [];
    return [{ what: name, ours: left[name], theirs: right[name] }];
  });
}

/** Flat, without the times of this build. */
function plainConfig({ config: file }: Built): Record<string, unknown> {
  const { config = {}, history = [], rootfs, created: _created, ...rest } = file;
  const all = Object.entries(config).map(([key, value]) => [`config.${key}`, value]);
  const steps = history.map(({ created: _when, ...entry }, at) => [`history.${at}`, entry]);
  return { ...rest, layers: rootfs.diff_ids.length, ...Object.fromEntries([...all, ...steps]) };
}
