import fc from 'fast-check';
import { sha256 } from '../../../src/base/digest.ts';
import { type Mostly, oneOf, words } from './generate-words.ts';
import { filesOrigin, gitOrigin, mainCommit } from './remote-server.ts';

const url = oneOf(
  ...'a.txt untimed a%20b.txt x.tar x.tar.gz x.tar.xz given evil folder/ q?x=1 empty future moved'.split(' '),
  '',
).map((path) => `${filesOrigin}/${path}`);
const oddUrl = oneOf(`${filesOrigin}/missing`, 'http://', filesOrigin, 'ftp://files.test/x', `${filesOrigin}/\${A}`);
const repository = oneOf(
  '',
  '#main',
  '#v1',
  '#other',
  '#main:sub',
  '#:sub/deep',
  `#${mainCommit}`,
  '?ref=v1',
  '?branch=other&subdir=sub',
  '#main:/sub',
  '#v1:.',
  '?tag=v1',
  `?checksum=${mainCommit}`,
  `#${mainCommit.slice(0, 10)}`,
).map((rest) => `${gitOrigin}/repo.git${rest}`);
const oddRepository = oneOf('#nosuch', '#main:nosuch', '?nosuch=1', '#main:link', '#main:../..').map(
  (rest) => `${gitOrigin}/repo.git${rest}`,
);
const flag = oneOf(
  ...'--chown=33:100 --chmod=640 --chmod=u=rw,go= --link --unpack --unpack=false --unpack=true'.split(' '),
  '--exclude=*.txt',
  '--exclude=sub',
  '--exclude=README',
);
const destination = oneOf(
  ...'/remote/ /remote/name /d/ /d/a ./ . rel/x /new/deep/ /l/ /labs/y /remote /${A:-r}/'.split(' '),
);
const sum = (text: string) => `--checksum=${sha256(text)}`;

/** ADD of what is fetched. */
export function remoteLines(mostly: Mostly): fc.Arbitrary<string> {
  const flags = fc
    .uniqueArray(flag, { maxLength: 2, selector: (it) => it.split('=')[0] })
    .map((all) => all.map((it) => `${it} `).join(''));
  const file = fc
    .tuple(flags, words(mostly(url, oddUrl), 1, 1), destination)
    .map(([own, from, to]) => `ADD ${own}${from} ${to}`);
  const two = fc.tuple(flags, words(url, 2, 2), destination).map(([own, from, to]) => `ADD ${own}${from} ${to}/`);
  const checked = fc
    .tuple(
      flags,
      mostly(oneOf(sum('remote a\n')), oneOf(sum('other'), '--checksum=sha256:00', '--checksum=$A')),
      destination,
    )
    .map(([own, check, to]) => `ADD ${own}${check} ${filesOrigin}/a.txt ${to}`);
  const check = mostly(
    oneOf('', '', `--checksum=${mainCommit} `, `--checksum=${mainCommit.slice(0, 8)} `),
    oneOf(`--checksum=${'1'.repeat(40)} `, '--checksum=x ', '--keep-git-dir=x '),
  );
  const git = fc
    .tuple(flags, check, mostly(repository, oddRepository), destination)
    .map(([own, checksum, from, to]) => `ADD ${own}${checksum}${from} ${to}`);
  return fc.oneof(
    { weight: 4, arbitrary: file },
    { weight: 1, arbitrary: two },
    { weight: 2, arbitrary: checked },
    { weight: 4, arbitrary: git },
  );
}
