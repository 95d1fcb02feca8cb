import { foldersOf, isCleanRelative } from './folders-of.ts';
import { type Alternative, matchJointly } from './regexp/joint-dfa.ts';
import type { CompiledPattern, Strategy } from './strategy.ts';

/** All patterns in one pass over a path; undefined if there is one for which that can't be. */
export function matchTogether(patterns: readonly CompiledPattern[]): Strategy | undefined {
  const alternatives: Alternative[] = [];
  for (const [id, { form }] of patterns.entries()) {
    if (form?.alternatives === undefined) return undefined;
    for (const parts of form.alternatives) alternatives.push({ id, parts });
  }
  const joint = matchJointly(alternatives);
  /** The number of the path for which a pattern was last found to match. */
  const foundFor = new Float64Array(patterns.length);
  let current = 0;
  const note = (ids: readonly number[]): void => {
    for (const id of ids) foundFor[id] = current;
  };
  return {
    matches(path) {
      let last = -1;
      const remember = (ids: readonly number[]): void => {
        for (const id of ids) if (id > last) last = id;
      };
      if (isCleanRelative(path)) joint.matchEach(path, remember);
      else for (const one of [...foldersOf(path), path]) remember(joint.match(one));
      return last >= 0 && patterns[last]?.isException === false;
    },
    look(path, hasFolder) {
      current++;
      if (hasFolder) note(joint.match(path));
      else if (isCleanRelative(path)) joint.matchEach(path, note);
      else for (const one of [...foldersOf(path), path]) note(joint.match(one));
      const asked = current;
      return (index) => foundFor[index] === asked;
    },
  };
}
