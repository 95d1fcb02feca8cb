import { didYouMean } from '../../base/nearest.ts';
import type { DockerfileTree } from '../syntax/tree.ts';
import { type CheckOptions, optionsInComments } from './check-options.ts';
import { rules } from './rules.ts';

/** A name in a `# check=` that is no rule, which BuildKit passes over and so do we. */
export interface UnknownRule {
  readonly name: string;
  /** From 1: of the directive, or of the instruction below the comment; undefined for a build argument. */
  readonly line: number | undefined;
  readonly hint: string | undefined;
}

/** Beyond these no more is told of. */
const maxUnknownRules = 10;

/** `options` are those of the whole Dockerfile. */
export function findUnknownRules(tree: DockerfileTree, options: CheckOptions): UnknownRule[] {
  const line = tree.directives.find(({ name }) => name === 'check')?.range.startLine;
  const found = namesOf(options, line);
  for (const { comments, range } of tree.instructions) {
    if (found.length >= maxUnknownRules) break;
    const added = comments.length === 0 ? undefined : optionsInComments(comments);
    if (added !== undefined) found.push(...namesOf(added, range.startLine));
  }
  return found.slice(0, maxUnknownRules);
}

function namesOf({ skip, experimental }: CheckOptions, line: number | undefined): UnknownRule[] {
  return [...skip, ...experimental]
    .filter((name) => name !== '' && !Object.hasOwn(rules, name))
    .slice(0, maxUnknownRules)
    .map((name) => ({ name, line, hint: didYouMean(name, Object.keys(rules), { ignoreCase: true }) }));
}
