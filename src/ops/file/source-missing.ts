import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { FileSource } from '../../source/file-source.ts';
import { childOf, nameOf, parentOf } from './paths.ts';
import { resolveInTree } from './resolve.ts';

/** A source that is not there; `pattern` is what the instruction has, `path` where that is in the source. */
export function sourceMissing(pattern: string, path: ByteString, from: FileSource): FirekilnError {
  return new FirekilnError('COPY_SOURCE_MISSING', `${pattern} was not found in ${from.description}`, {
    hint: hintFor(pattern, path, from),
  });
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
