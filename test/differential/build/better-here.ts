import type { BuildCase } from '../../support/build-corpus.ts';
import type { Refused } from './outcome.ts';

/** Of the test images. */
const linksOfBase = ['l', 'labs', 'lfile', 'lost', 'lup', 'loop'];

/**
 * What BuildKit fails at for reasons of its own (docs/differences.md). With `--exclude` or `--parents` it looks at what need not be copied, follows symbolic links at the top of a context and on the way of a stage, and does not
 * find `--parents .`.
 */
export function isBetterHere(theirs: Refused, it: BuildCase): boolean {
  const { message } = theirs;
  const blamed = blamedText(theirs, it);
  const [, folder] = /: lstat \/(\S.*): no such file or directory$/.exec(message) ?? [];
  // An empty folder is not even sent for `COPY folder/* ...`.
  if (folder !== undefined) return blamed.includes('*') && hasFolder(it, folder);
  const [, path] = /checksum of ref \S+: "\/([^"]*)": not found$/.exec(message) ?? [];
  if (path !== undefined && /[*?[]/.test(blamed) && isLink(it, path)) return true;
  if (path !== undefined && ['--exclude', '--parents', '--from='].every((flag) => blamed.includes(flag))) return true;
  // A hard link of an archive before its file.
  if (/: link \S+ \S+: no such file or directory$/.test(message)) return /^\s*ADD\b/i.test(blamed);
  if (!/--(?:exclude|parents)\b/.test(blamed)) return false;
  if (/failed to stat \S+: not a directory$/.test(message)) return true;
  const [, missing] = /checksum of ref \S+: (?:"\/([^"]*)": not found|too many links)$/.exec(message) ?? [];
  if (missing === undefined) return message.endsWith(': too many links');
  const [first = ''] = missing.split('/');
  return missing === '' ? /--parents/.test(blamed) : linksOf(it).includes(first);
}

/** A continued instruction has several lines. */
function blamedText({ lines }: Refused, { dockerfile }: BuildCase): string {
  const text = dockerfile.toString().split('\n');
  return lines.map((line) => text.slice(line - 1, line + 1).join(' ')).join(' ');
}

/** A symbolic link of a context: BuildKit does not send what it leads to for a wildcard that finds the link. */
function isLink(it: BuildCase, missing: string): boolean {
  return filesOf(it).some(({ path, symlink }) => path === missing && symlink !== undefined);
}

/** With `--parents` BuildKit sometimes does not miss what is not there in an image. */
export function isStricterHere(ours: Refused, it: BuildCase): boolean {
  const blamed = blamedText(ours, it);
  return /--parents\b/.test(blamed) && /--from=/.test(blamed) && / was not found in \[/.test(ours.message);
}

function hasFolder(it: BuildCase, folder: string): boolean {
  return filesOf(it).some(({ path, dir }) => (path === folder && dir === true) || path.startsWith(`${folder}/`));
}

function linksOf(it: BuildCase): readonly string[] {
  return [...linksOfBase, ...filesOf(it).flatMap(({ path, symlink }) => (symlink === undefined ? [] : [path]))];
}

/** The files of all contexts that are lists of files. */
function filesOf({ context, namedContexts }: BuildCase) {
  return 'folder' in context ? [] : [context, ...Object.values(namedContexts)].flat();
}
