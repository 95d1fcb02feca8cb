import { compilePatternSet } from '../../formats/patterns/pattern-set.ts';
import type { CopyAction } from '../../graph/node.ts';
import type { PathFilter } from '../../source/path-filter.ts';

/** What `--parents` and `--exclude` leave of a source. Throws PATTERN_INVALID. */
export function copyFilters({ include, exclude }: CopyAction): {
  readonly include: PathFilter | undefined;
  readonly exclude: PathFilter | undefined;
} {
  return {
    include: include.length === 0 ? undefined : compilePatternSet(include),
    exclude: exclude.length === 0 ? undefined : compilePatternSet(exclude),
  };
}
