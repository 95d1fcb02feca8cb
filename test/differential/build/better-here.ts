import { posix } from 'node:path';
import type { BuildCase, CaseFile } from '../../support/build-corpus.ts';
import type { Refused } from './outcome.ts';
import { isOnlyOfReplaced, isOnPartOfFolder } from './replaced-stages.ts';

/** Of the test images. */
const linksOfBase = ['l', 'labs', 'lfile', 'lost', 'lup', 'loop'];

const wildcardInFolder = /[*?[][^\s"]*\//;

/**
 * What BuildKit fails at for reasons of its own (docs/differences.md). With `--exclude` or `--parents` it looks at what need not be copied, follows symbolic links at the top of a context and on the way of a stage, and does not
 * find `--parents .`.
 */
export function isBetterHere(theirs: Refused, it: BuildCase): boolean {
  const { message } = theirs;
  if (isNameOfContext(theirs, it) || isCircleOfReplaced(theirs, it)) return true;
  if (isContextOfTrigger(theirs, it)) return true;
  // Of a stage that a named context replaces.
  if (message.endsWith('missing architecture')) return Object.keys(it.namedContexts).some((name) => /^s\d$/.test(name));
  // A commit that is not written out.
  if (/repository does not contain ref [0-9a-f]{7,39},/.test(message)) return true;
  if (theirs.lines.some((line) => isOnlyOfReplaced(line, it))) return true;
  const blamed = blamedText(theirs, it);
  const [, missed] = /: lstat \/(\S.*): no such file or directory$/.exec(message) ?? [];
  if (missed !== undefined) {
    // The same as for isLink, where `--exclude` keeps it from being missed earlier.
    if (wildcardInFolder.test(blamed) && isLed(it, missed)) return true;
    // An empty folder is not even sent for `COPY folder/* ...`.
    return blamed.includes('*') && hasEmptyFolder(it, missed, blamed);
  }
  const [, path] = /checksum of ref \S+: "\/([^"]*)": not found$/.exec(message) ?? [];
  if (path !== undefined && wildcardInFolder.test(blamed) && isLink(it, path)) return true;
  if (path !== undefined && ['--exclude', '--parents', '--from='].every((flag) => blamed.includes(flag))) return true;
  // Something in an archive below a symbolic link of it that leads nowhere.
  if (message === 'failed to solve: no such file or directory') return /^\s*ADD\b/i.test(blamed);
  if (/: (?:mkdir|open|mknod|symlink \S+) \S+: (?:no such file or directory|file exists)$/.test(message))
    return /^\s*ADD\b/i.test(blamed);
  // Something in an archive that replaces a folder of it.
  if (/: chtimes \S+: (?:no such file or|not a) directory$/.test(message)) return /^\s*ADD\b/i.test(blamed);
  // A hard link of an archive before its file, or below what is no folder yet.
  if (/: link \S+ \S+: (?:no such file or directory|not a directory)$/.test(message)) return /^\s*ADD\b/i.test(blamed);
  if (!/--(?:exclude|parents)\b/.test(blamed)) return false;
  if (/failed to stat .*: not a directory$/.test(message)) return true;
  const [, missing] = /checksum of ref \S+: (?:"\/([^"]*)": not found|too many links)$/.exec(message) ?? [];
  if (missing === undefined) return message.endsWith(': too many links');
  const [first = ''] = missing.split('/');
  return missing === '' ? /--parents/.test(blamed) : linksOf(it).includes(first);
}

/** A named context is found here also by a name in capitals, which is none of an image. */
export function isNameOfContext({ message }: Refused, it: BuildCase): boolean {
  const [, name] =
    /failed to parse stage name "([^"]*)": invalid reference format: .* must be lowercase/.exec(message) ?? [];
  return name !== undefined && Object.keys(it.namedContexts).includes(name.toLowerCase());
}

/** A named context that is copied from in a stage which only a trigger needs: BuildKit asks a registry for an image of that name. */
function isContextOfTrigger({ message }: Refused, { namedContexts, dockerfile }: BuildCase): boolean {
  const [, name] = /docker\.io\/library\/(\w+):latest: not found$/.exec(message) ?? [];
  return name !== undefined && name in namedContexts && /^\s*ONBUILD\s+COPY\b.*--from=/im.test(dockerfile.toString());
}

/** A circle that is closed by the instructions of a stage which a named context stands for; here those are gone. */
export function isCircleOfReplaced({ message }: Refused, { namedContexts }: BuildCase): boolean {
  const [, name = ''] = /circular dependency detected on stage: (\S+)$/.exec(message) ?? [];
  return name.toLowerCase() in namedContexts;
}

/** A continued instruction has several lines; what is wrong with a trigger is blamed on FROM. */
function blamedText({ lines }: Refused, { dockerfile }: BuildCase): string {
  const text = dockerfile.toString().split('\n');
  const blamed = lines.map((line) => text.slice(line - 1, line + 1).join(' ')).join(' ');
  const triggers = /^\s*FROM\b/i.test(blamed) ? text.filter((line) => /^\s*ONBUILD\b/i.test(line)) : [];
  return [blamed, ...triggers].join(' ');
}

/** A symbolic link of a context: BuildKit does not send what it leads to where a wildcard finds a folder on the way. */
function isLink(it: BuildCase, missing: string): boolean {
  return filesOf(it).some(({ path, symlink }) => path === missing && symlink !== undefined);
}

/** A symbolic link of a context leads there. */
function isLed(it: BuildCase, place: string): boolean {
  return filesOf(it).some(
    ({ path, symlink }) => symlink !== undefined && posix.resolve('/', posix.dirname(path), symlink) === `/${place}`,
  );
}

/** With `--parents` BuildKit sometimes does not miss what is not there in an image, nor meets what it has not brought of a folder. */
export function isStricterHere(ours: Refused, it: BuildCase): boolean {
  if (ours.message.startsWith('cannot replace the folder') && ours.lines.some((line) => isOnPartOfFolder(line, it)))
    return true;
  const blamed = blamedText(ours, it);
  return /--parents\b/.test(blamed) && /--from=/.test(blamed) && / was not found in \[/.test(ours.message);
}

/** A folder of which nothing is sent. */
function hasEmptyFolder(it: BuildCase, folder: string, blamed: string): boolean {
  return contextsOf(it).some((files) => {
    const below = files.filter(({ path }) => path.startsWith(`${folder}/`));
    const isThere = below.length > 0 || files.some(({ path, dir }) => path === folder && dir === true);
    // Nothing of the rest is sent that the pattern does not find.
    const hasEmptyBelow =
      wildcardInFolder.test(blamed) && below.some(({ path, dir }) => dir === true && isEmpty(path, files));
    const isLeftOut =
      hasEmptyBelow || blamed.includes('--exclude') || files.some(({ path }) => path.endsWith('.dockerignore'));
    return isThere && (isLeftOut || below.every(({ dir }) => dir === true));
  });
}

function isEmpty(folder: string, files: readonly CaseFile[]): boolean {
  return !files.some(({ path }) => path.startsWith(`${folder}/`));
}

function linksOf(it: BuildCase): readonly string[] {
  return [...linksOfBase, ...filesOf(it).flatMap(({ path, symlink }) => (symlink === undefined ? [] : [path]))];
}

function filesOf(it: BuildCase): readonly CaseFile[] {
  return contextsOf(it).flat();
}

/** Those that are lists of files. */
function contextsOf({ context, namedContexts }: BuildCase): readonly (readonly CaseFile[])[] {
  return [context, ...Object.values(namedContexts)].filter((it) => Array.isArray(it));
}
