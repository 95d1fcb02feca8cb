import { entryOf } from '../../support/build-cases/compare-tree.ts';
import type { BuildCase } from '../../support/build-corpus.ts';
import type { Built, Outcome } from './outcome.ts';

/** In the form of the corpora's cases. */
export function rawCaseOf({
  dockerfile,
  dockerfileName,
  target,
  buildArgs,
  context,
  namedContexts,
}: BuildCase): object {
  return {
    dockerfile: dockerfile.toString(),
    ...(dockerfileName === undefined ? {} : { dockerfile_name: dockerfileName }),
    ...(target === undefined ? {} : { target }),
    ...(Object.keys(buildArgs).length === 0 ? {} : { build_args: buildArgs }),
    ...('folder' in context ? { context: context.folder } : { files: context }),
    ...(Object.keys(namedContexts).length === 0 ? {} : { named_contexts: namedContexts }),
  };
}

/** What BuildKit made of a case, in the form of the corpora: what differs from its base. */
export function expectationOf(theirs: Outcome, base: Built, startedSec: number): object {
  if (theirs.failed) return { fails: true, line: theirs.lines[0] ?? null, message: theirs.message };
  // What every base has and nothing makes.
  const isOnBase = theirs.entries.has('/proc');
  const before = isOnBase ? base.entries : new Map<string, never>();
  const changed = [...theirs.entries].filter(([path, facts]) => {
    const old = before.get(path);
    return path !== '/' && (old === undefined || JSON.stringify(entryOf(old)) !== JSON.stringify(entryOf(facts)));
  });
  const { config, history } = theirs.config;
  return {
    base: isOnBase,
    entries: Object.fromEntries(
      changed.map(([path, facts]) => {
        const isOld = facts.mtimeSec < startedSec && entryOf(facts).type !== 'hardlink';
        return [path, isOld ? { ...entryOf(facts), mtime: facts.mtimeSec } : entryOf(facts)];
      }),
    ),
    removed: [...before.keys()].filter((path) => !theirs.entries.has(path)),
    config,
    history: history?.map(({ created: _when, ...entry }) => entry),
  };
}
