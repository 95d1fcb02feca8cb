import { posix } from 'node:path';
import { type ByteString, byteStringFromText, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { leadsAbove } from '../../base/leads-above.ts';
import { didYouMean, nearest } from '../../base/nearest.ts';
import type { FileSource } from '../../source/file-source.ts';
import { childOf, nameOf, parentOf } from './paths.ts';
import { resolveInTree } from './resolve.ts';

export interface WrittenSource {
  /** The source in the user's words, if they are known. */
  readonly written: string | undefined;
  /** It is looked for in a build context. */
  readonly isContext: boolean;
}

/** A source that is not there; `pattern` is what the instruction has, `path` where that is in the source. */
export function sourceMissing(
  pattern: string,
  path: ByteString,
  from: FileSource,
  source: WrittenSource = { written: undefined, isContext: false },
): FirekilnError {
  const { written } = source;
  return new FirekilnError('COPY_SOURCE_MISSING', `${pattern} was not found in ${from.description}`, {
    hint:
      (source.isContext ? outsideHint(source.written ?? '', path, from) : undefined) ?? hintFor(pattern, path, from),
    about: [...(written === undefined ? [] : [written]), pattern.replace(/^\/+/, '')],
  });
}

const otherFolder = '--build-context NAME=FOLDER, then COPY --from=NAME or RUN --mount=from=NAME';

/** For a path that is meant to lead out of a context. */
function outsideHint(written: string, path: ByteString, from: FileSource): string | undefined {
  if (leadsAbove(written)) {
    return (
      `${written} leads out of the context, which nothing does: it was looked for as /${textOf(path)}. Build with a folder ` +
      `further up as the context (firekiln build -f DOCKERFILE FOLDER), or name the other folder (${otherFolder}).`
    );
  }
  if (!written.startsWith('/')) return undefined;
  const inside = from.hostFolder === undefined ? undefined : pathBelow(from.hostFolder, written);
  if (inside !== undefined && inside !== '' && from.lookup(byteStringFromText(inside)) !== undefined) {
    return `Paths start at the context, not at the root of the host: write ${inside}.`;
  }
  const [first = emptyByteString] = path.split('/') as ByteString[];
  // Somebody who knows the context has mistyped what is in it.
  if (from.lookup(first) !== undefined || nearest(textOf(first), from.names(emptyByteString).map(textOf)))
    return undefined;
  return (
    'Paths start at the context, not at the root of the host. Copy the file into the context, or name its folder ' +
    `(${otherFolder}).`
  );
}

function pathBelow(folder: string, path: string): string | undefined {
  const relative = posix.relative(folder, path);
  return relative.startsWith('..') ? undefined : relative;
}

function hintFor(pattern: string, path: ByteString, from: FileSource): string | undefined {
  if (path !== '' && from.leavesOut?.(path) === true)
    return `The ignore file (.dockerignore) leaves ${textOf(path)} out.`;
  const [, flag] = /^\/(--[a-z-]+)/.exec(pattern) ?? [];
  if (flag !== undefined) return `Flags such as ${flag} stand before all sources.`;
  const readLink = (at: ByteString) => from.lookup(at)?.linkTarget;
  const folder = resolveInTree(parentOf(path), { readLink, followLast: true });
  const names = from.names(folder).map(textOf);
  const name = textOf(nameOf(path));
  const link = from.lookup(childOf(folder, nameOf(path)))?.linkTarget;
  if (link !== undefined) {
    return `${name} is a symbolic link to ${textOf(link)}, and nothing outside of what is copied from is followed.`;
  }
  const other = names.find((it) => it.toLowerCase() === name.toLowerCase());
  if (other !== undefined)
    return `There is /${textOf(childOf(folder, other as ByteString))}: upper and lower case differ.`;
  // Of names that short, any would be near.
  return name.length < 3 ? undefined : didYouMean(name, names);
}
