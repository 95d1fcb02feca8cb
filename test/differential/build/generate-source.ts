import fc from 'fast-check';
import type { CaseFile } from '../../support/build-corpus.ts';
import { type Mostly, oneOf, pick, type Scope } from './generate-words.ts';

/** A source of COPY or ADD, of the context or of where `from` says. */
export type Source = (scope: Scope, from: Origin) => string;
export type Origin = 'context' | 'named' | 'test' | 'empty';

const globs = ['.', './', '/', '*', '**', '[ab]*', '?', 'd*', '*.*', './*', '/*', 'nothing*'];
const oddOfContext = [
  ...'a b d d/ d/a d/sub *.txt d/* **/a nowhere ../a /a d/../b l l/'.split(' '),
  ...'l/a ./d/. ${A} $UNSET no*such e /d/./a ./a/../d */a ['.split(' '),
  '\\',
];
const ofTest = [
  ...'/d /a /b /l /labs /lfile /d/* /etc/passwd /d/sub d/sub/ /whole /l/a /.'.split(' '),
  ...'d/./sub/b.txt /gone /tmp /lup/a /labs/b.txt /? /d/sub/../a /etc/* /whole/y /[ab]'.split(' '),
  ...'/d/second /nothing* /*/sub /root /home/'.split(' '),
];
const oddOfTest = ['/lost', '/loop', '/nowhere', '$A', '../d', '/', '/gone/x', '/l/', '/l*', '/whole/x'];
const ofEmpty = ['/', '/*', '.', '*', '/nothing*'];

/** How a file of a context is written. */
const spellings: readonly ((path: string, isFolder: boolean) => string)[] = [
  (path) => path,
  (path) => path,
  (path) => path,
  (path) => `/${path}`,
  (path) => `./${path}`,
  (path, isFolder) => (isFolder ? `${path}/` : path),
  (path, isFolder) => (isFolder ? `${path}/*` : path),
  (path, isFolder) => (isFolder ? `${path}/.` : path),
  (path) => path.replace('/', '/./'),
  (path) => path.replace(/[^/]$/, '?'),
  (path) => path.replace(/^[^/]/, (it) => `[${it}]`),
  (path) => path.replace(/^[^/]+(?=\/)/, '*'),
  (path) => `**/${path.split('/').at(-1)}`,
  (path) => `nosuch/../${path}`,
];

export function sources(mostly: Mostly): fc.Arbitrary<Source> {
  const file = fc.tuple(fc.nat(40), fc.nat(spellings.length - 1)).map(
    ([nth, how]): Source =>
      (scope, from) => {
        const files = (from === 'named' ? (scope.named ?? []) : scope.context).filter((it, _, all) => leads(it, all));
        const found = pick(files, nth);
        return found === undefined ? '.' : (spellings[how]?.(found.path, found.dir === true) ?? '');
      },
  );
  const fixed = (...texts: readonly string[]) =>
    oneOf(...texts).map(
      (text): Source =>
        () =>
          text,
    );
  const inContext = mostly(
    fc.oneof({ weight: 5, arbitrary: file }, { weight: 1, arbitrary: fixed(...globs) }),
    fixed(...oddOfContext),
  );
  const inImage = mostly(fixed(...ofTest), fixed(...oddOfTest), 8);
  const inEmpty = fixed(...ofEmpty);
  return fc.tuple(inContext, inImage, inEmpty).map(
    ([context, image, empty]): Source =>
      (scope, from) => {
        if (from === 'context' || from === 'named') return context(scope, from);
        return (from === 'test' ? image : empty)(scope, from);
      },
  );
}

/** A symbolic link leads somewhere: anything else is a fault. */
function leads(file: CaseFile, all: readonly CaseFile[]): boolean {
  if (file.symlink === undefined) return true;
  const parts = file.symlink.startsWith('/') ? [] : file.path.split('/').slice(0, -1);
  for (const part of file.symlink.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const target = parts.join('/');
  return target !== '' && all.some((it) => it.path === target && it.symlink === undefined);
}
