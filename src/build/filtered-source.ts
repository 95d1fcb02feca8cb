import type { ByteString } from '../base/byte-string.ts';
import { childPath, parentPath } from '../formats/tree/tree-path.ts';
import type { FileSource } from '../source/file-source.ts';
import type { PathFilter } from '../source/path-filter.ts';

interface Decision {
  readonly matches: boolean;
  readonly state: unknown;
}

/** A tree without what an ignore file leaves out; owners become 0:0, as those of every build context. */
export function filteredSource(source: FileSource, ignore: PathFilter): FileSource {
  const known = new Map<ByteString, Decision>();
  const decide = (path: ByteString): Decision => {
    if (path === '') return { matches: false, state: undefined };
    const before = known.get(path);
    if (before !== undefined) return before;
    const parent = parentPath(path);
    const folder = decide(parent);
    const decision =
      folder.matches && !ignore.hasExceptions ? folder : ignore.match(path, parent === '' ? undefined : folder.state);
    known.set(path, decision);
    return decision;
  };
  const isHidden = (path: ByteString): boolean => {
    if (!decide(path).matches) return false;
    // A folder that is left out may hold something that is not.
    return !(ignore.hasExceptions && source.lookup(path)?.kind === 'directory');
  };
  return {
    description: source.description,
    lookup: (path) => (isHidden(path) ? undefined : source.lookup(path)),
    names: (folder) =>
      isHidden(folder) ? [] : source.names(folder).filter((name) => !isHidden(childPath(folder, name))),
    leavesOut: (path) => decide(path).matches,
  };
}
