import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { compileGlob } from '../../formats/patterns/glob.ts';
import type { CopyAction } from '../../graph/node.ts';
import type { FileSource, SourceNode } from '../../source/file-source.ts';
import { copyFilters } from './copy-filters.ts';
import { childOf, treePath } from './paths.ts';
import { resolveInTree } from './resolve.ts';
import { sourceMissing } from './source-missing.ts';

/** A path that a copy takes. */
export interface SelectedSource {
  /** As the instruction, or the wildcard's match, has it: its name is that of the copy. */
  readonly path: ByteString;
  /** Where that leads. */
  readonly resolved: ByteString;
  readonly node: SourceNode;
}

/**
 * What the source of a copy stands for, as BuildKit resolves it: folders before the first wildcard are followed through
 * symlinks, wildcards match names without following, a folder that matches is not looked into; a wildcard may match
 * nothing. Throws COPY_SOURCE_MISSING.
 *
 * @param written What the instruction has for the source, for hints.
 */
export function selectSources(from: FileSource, action: CopyAction, written?: string): SelectedSource[] {
  const { source, followSymlinks, wildcards, required } = action;
  const missing = (pattern: string, at: ByteString) =>
    sourceMissing(pattern, at, from, { written, isContext: action.from.type === 'context' });
  const resolve = (path: ByteString, followLast: boolean) =>
    resolveInTree(path, { readLink: (at) => from.lookup(at)?.linkTarget, followLast });
  for (const path of required) {
    const at = treePath(path);
    const folder = treePath(source);
    const relative = folder === '' ? at : (at.slice(folder.length + 1) as ByteString);
    const [resolved, start] = [resolve(at, false), resolve(folder, true)];
    if (from.lookup(resolved) === undefined || !isTaken(from, start, relative, action)) throw missing(path, at);
    // `--parents` makes the folders on the way, and follows no link there: it would copy nothing.
    if (action.from.type === 'context' && resolved !== [start, relative].filter((part) => part !== '').join('/')) {
      throw new FirekilnError('COPY_SOURCE_MISSING', `${path} was not found in ${from.description}`, {
        hint: `A folder on the way is a symbolic link, which --parents does not follow: write ${textOf(resolved)}.`,
      });
    }
  }
  const { folder, pattern } = wildcards ? splitWildcards(source) : { folder: source, pattern: '' };
  const at = treePath(folder);
  if (pattern !== '') {
    const start = resolve(at, followSymlinks);
    const node = from.lookup(start);
    // Of a context, what is no folder is not even sent to BuildKit for what may be below it.
    const isThere = action.from.type === 'context' ? node?.kind === 'directory' : node !== undefined;
    if (!isThere) throw missing(folder, at);
    return matches(from, start, pattern).map((path) => {
      const resolved = resolve(path, followSymlinks);
      const node = from.lookup(resolved);
      if (node === undefined) throw missing(`/${textOf(path)}`, path);
      return { path, resolved, node };
    });
  }
  const resolved = resolve(at, followSymlinks);
  const node = from.lookup(resolved);
  if (node === undefined) throw missing(source, at);
  return [{ path: at, resolved, node }];
}

/** Whether something at or below a path is not excluded. */
function isTaken(from: FileSource, folder: ByteString, relative: ByteString, action: CopyAction): boolean {
  const { exclude } = copyFilters(action);
  if (exclude === undefined) return true;
  let decision: ReturnType<typeof exclude.match> = { matches: false, state: undefined };
  let at: ByteString = emptyByteString;
  for (const name of relative.split('/') as ByteString[]) {
    at = childOf(at, name);
    decision = exclude.match(at, decision.state);
  }
  const isAnyTaken = (path: ByteString, { matches, state }: typeof decision): boolean => {
    if (!matches) return true;
    const place = childOf(folder, path);
    if (!exclude.hasExceptions || from.lookup(place)?.kind !== 'directory') return false;
    return from.names(place).some((name) => isAnyTaken(childOf(path, name), exclude.match(childOf(path, name), state)));
  };
  return isAnyTaken(at, decision);
}

/** Throws PATTERN_INVALID for wildcards that mean nothing, also where there is nothing to match. */
export function refuseBadWildcards({ source, wildcards }: CopyAction): void {
  const { pattern } = wildcards ? splitWildcards(source) : { pattern: '' };
  if (pattern !== '') compileGlob(pattern).matches('');
}

/** At the first component that has a wildcard. */
function splitWildcards(path: string): { readonly folder: string; readonly pattern: string } {
  const parts = path.split('/').filter((part) => part !== '');
  const first = parts.findIndex(hasWildcard);
  if (first === -1) return { folder: path, pattern: '' };
  return { folder: `/${parts.slice(0, first).join('/')}`, pattern: parts.slice(first).join('/') };
}

function hasWildcard(part: string): boolean {
  return /^(?:[^*?[\\]|\\.?)*[*?[]/s.test(part);
}

/** Paths below a folder whose rest matches, in the order of a walk. */
function matches(from: FileSource, folder: ByteString, pattern: string): ByteString[] {
  const glob = compileGlob(pattern);
  // Only a class in brackets matches a slash.
  const maxDepth = pattern.split(/[/[]/).length;
  const found: ByteString[] = [];
  const walk = (at: ByteString, relative: ByteString, depth: number) => {
    for (const name of from.names(at)) {
      const path = childOf(at, name);
      const rest = childOf(relative, name);
      if (glob.matches(textOf(rest))) found.push(path);
      else if (depth < maxDepth && from.lookup(path)?.kind === 'directory') walk(path, rest, depth + 1);
    }
  };
  walk(folder, emptyByteString, 1);
  return found;
}
