import fc from 'fast-check';
import type { CaseFile } from '../../support/build-corpus.ts';
import { archives } from './generate-archive.ts';
import { oneOf } from './generate-words.ts';

/** Few, so that they meet. */
const name = oneOf('a', 'b', 'd', 'e', 'l', 'sub', 'f.txt', 'g.md', '.hid', 'x y', 'é');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
/** Where folders never have the names of files, not of those in the base images either, copies seldom collide. */
const folderName = oneOf('d', 'e', 'sub', 'dir x', '.cfg', 'é é');
const pathOf = (last: fc.Arbitrary<string>) =>
  fc.tuple(fc.array(folderName, { maxLength: 2 }), last).map(([folders, it]) => [...folders, it].join('/'));
const filePath = pathOf(oneOf('a', 'b', 'f.txt', 'g.md', '.hid', 'x y', 'é', 'e.txt'));
const linkPath = pathOf(oneOf('ln', 'lk', 'ln', 'lk', 'l'));
const content = fc.oneof(
  { weight: 6, arbitrary: oneOf('', 'a\n', 'b\n', 'some text\n') },
  { weight: 1, arbitrary: fc.constant('0123456789abcdef'.repeat(500)) },
);
const fileMode = oneOf(undefined, undefined, undefined, '0755', '0600', '0444', '4755', '2755', '0000', '0666', '1644');
const folderMode = oneOf(undefined, undefined, undefined, '0700', '1777', '2775', '0775', '0555');
const target = oneOf(
  'a',
  'b',
  'd',
  '../a',
  '../d',
  '/d',
  '/a',
  'd/sub',
  'nowhere',
  '.',
  '..',
  '/etc/passwd',
  '../../../a',
  'l',
  'x y',
);

type Made = Omit<CaseFile, 'path'>;
const mtime = oneOf(undefined, undefined, undefined, 0, 1, 1_485_449_953, 4_000_000_000, -1);
const file = fc.record({ content, mode: fileMode, mtime });
const folder = fc.record({ dir: fc.constant(true), mode: folderMode, mtime });
const link = target.map((symlink) => ({ symlink }));
const hardlink = fc.nat().map((at) => ({ hardlink: String(at) }));
const tarFile = archives([], []).map((base64) => ({ base64 }));
const made = fc.oneof(
  { weight: 8, arbitrary: file },
  { weight: 3, arbitrary: folder },
  { weight: 3, arbitrary: link },
  { weight: 1, arbitrary: hardlink },
  { weight: 2, arbitrary: tarFile },
) as fc.Arbitrary<Made>;
const at = (path: fc.Arbitrary<string>, it: fc.Arbitrary<object>) => fc.tuple(path, it) as fc.Arbitrary<[string, Made]>;
const sound = fc.oneof(
  { weight: 8, arbitrary: at(filePath, file) },
  { weight: 3, arbitrary: at(pathOf(folderName), folder) },
  { weight: 3, arbitrary: at(linkPath, link) },
  { weight: 1, arbitrary: at(filePath, hardlink) },
  { weight: 2, arbitrary: at(filePath, tarFile) },
);

/** Files of a context, none below another one that is no folder. */
export function files(withFaults: boolean): fc.Arbitrary<readonly CaseFile[]> {
  const all = withFaults
    ? fc.array(fc.tuple(path, made), { maxLength: 9 })
    : fc.array(sound, { minLength: 1, maxLength: 12 });
  return all.map((them) => tidy(them.map(([it, rest]) => ({ path: it, ...rest }))));
}

function tidy(wanted: readonly CaseFile[]): readonly CaseFile[] {
  const kept = new Map<string, CaseFile>();
  for (const file of wanted) {
    const parents = file.path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'));
    const isBelowFile = parents.some((it) => it !== '' && kept.get(it)?.dir === undefined && kept.has(it));
    const isAboveOthers = [...kept.keys()].some((it) => it.startsWith(`${file.path}/`)) && file.dir === undefined;
    if (kept.has(file.path) || isBelowFile || isAboveOthers) continue;
    const regular = [...kept.values()].filter((it) => it.content !== undefined);
    if (file.hardlink !== undefined) {
      const first = regular[Number(file.hardlink) % Math.max(1, regular.length)];
      if (first !== undefined) kept.set(file.path, { path: file.path, hardlink: first.path });
      continue;
    }
    kept.set(file.path, withoutUndefined(file));
  }
  return [...kept.values()];
}

function withoutUndefined(file: CaseFile): CaseFile {
  return Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined)) as unknown as CaseFile;
}

const pattern = oneOf(
  ...'a b * ** d d/* **/a *.md !a !d/a !**/f.txt d/sub !d e/** .hid /a l . Dockerfile .dockerignore [ab] ?'.split(' '),
  ...'**/sub/** !**/sub/a */*/a d/ !d/sub/ ./a d/../a **/.hid !e [^a] [a-d] \\a !** **/*.txt e/*/f.txt d/s?b'.split(
    ' ',
  ),
  ...'!* !.dockerignore !*/a /d/a !/d/a a/** é **/é ../a d//a **/d/** !**/d/*.txt sub/**/a dir* !dir* .* .. /'.split(
    ' ',
  ),
  '# comment',
  'x y',
  '  a  ',
  '! a',
  '',
  '\\#a',
  'dir x/a',
  '\uFEFFa',
);

export const ignoreFile: fc.Arbitrary<string> = fc
  .tuple(fc.array(pattern, { maxLength: 6 }), oneOf('\n', '\n', '\n', '\r\n'))
  .map(([lines, end]) => lines.map((line) => `${line}${end}`).join(''));
