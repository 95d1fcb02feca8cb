import fc from 'fast-check';
import type { BuildCase } from '../../support/build-corpus.ts';
import { type RawMember, rawTar } from '../../support/raw-tar.ts';
import { oneOf, sometimes } from './generate-words.ts';
import { type Packing, packed } from './packed.ts';

const names = 'a b d d/ d/a d/sub/ d/sub/x l l/a ./ ./a ./d/ ../up /abs new/deep/x lost'.split(' ');
const targets = 'a d ../a /d d/a ./a nowhere ../../../etc .'.split(' ');
const text = fc.oneof(
  { weight: 6, arbitrary: oneOf('', 'a\n', 'b\n', 'some text\n') },
  { weight: 1, arbitrary: fc.constant('0123456789abcdef'.repeat(500)) },
);

function memberOf(moreNames: readonly string[], moreTargets: readonly string[]): fc.Arbitrary<RawMember> {
  return fc
    .record({
      name: oneOf(...names, ...moreNames),
      typeFlag: oneOf('0', '0', '0', '5', '5', '2', '1', '6', '3'),
      linkName: oneOf(...targets, ...moreTargets),
      data: text,
      mode: oneOf('0000644', '0000755', '0004755', '0001777', '0000000', '0002770'),
      uid: oneOf('0000000', '0000041', '0001750'),
      mtime: oneOf('13041000000', '00000000001', '14000000000'),
      device: oneOf('0000001', '0000003'),
    })
    .map(({ name: it, typeFlag, linkName, data, mode, uid, mtime, device }) => ({
      name: typeFlag === '5' && !it.endsWith('/') ? `${it}/` : typeFlag === '5' ? it : it.replace(/\/$/, ''),
      typeFlag,
      ...(typeFlag === '1' || typeFlag === '2' ? { linkName } : {}),
      ...(typeFlag === '0' ? { data: Buffer.from(data) } : {}),
      fields: {
        mode: `${mode}\0`,
        uid: `${uid}\0`,
        mtime: `${mtime}\0`,
        ...(typeFlag === '3' ? { devMajor: `${device}\0`, devMinor: `${device}\0` } : {}),
      },
    }));
}

/** What stands before a member, and means something for it. */
const extended: fc.Arbitrary<RawMember | undefined> = oneOf<RawMember | undefined>(
  ...Array.from({ length: 12 }, () => undefined),
  { typeFlag: 'x', name: 'pax', records: { path: 'from-pax/é' } },
  { typeFlag: 'x', name: 'pax', records: { mtime: '1485449953.25', uid: '70000' } },
  { typeFlag: 'x', name: 'pax', records: { 'SCHILY.xattr.user.note': 'kept' } },
  { typeFlag: 'g', name: 'pax', records: { comment: 'of git' } },
  { typeFlag: 'L', name: '././@LongLink', data: Buffer.from(`${'long/'.repeat(30)}end\0`) },
);
/** With BuildKit what replaces a folder of the same archive gets the folder's time, or the build fails. */
function replacesFolder(one: RawMember, other: RawMember): boolean {
  // Also by way of the links of the base images.
  const plain = ({ name: it }: RawMember) =>
    it
      ?.replace(/^(?:\.{0,2}\/)+/, '')
      .replace(/^(?:l|lup)\//, 'd/')
      .replace(/^labs\//, 'd/sub/')
      .replace(/\/$/, '');
  const isBelow = (above: RawMember, it: RawMember) =>
    (plain(it) ?? '').startsWith(`${plain(above)}/`) && !/[25]/.test(above.typeFlag ?? '');
  if (isBelow(one, other) || isBelow(other, one)) return true;
  return plain(one) === plain(other) && (one.typeFlag === '5' || other.typeFlag === '5');
}

/** In base64. With names and targets of links in addition to those that most archives have. */
export function archives(moreNames: readonly string[], moreTargets: readonly string[]): fc.Arbitrary<string> {
  const member = memberOf(moreNames, moreTargets);
  return fc
    .tuple(
      fc.uniqueArray(member, { minLength: 1, maxLength: 6, comparator: replacesFolder }),
      fc.array(extended, { minLength: 6, maxLength: 6 }),
      oneOf<Packing>('', '', '', 'gzip', 'gzip', 'twice', 'zstd', 'xz', 'bzip2', 'tail'),
    )
    .map(([members, before, how]) => {
      // Each at most once, so that no two members get one name.
      const headers = before.map((it, at) => (before.indexOf(it) === at ? it : undefined));
      const all = members.flatMap((it, at) => [headers[at], it].filter((one) => one !== undefined));
      return packed(rawTar(all), how).toString('base64');
    });
}

/** Of the test images. */
const namesOfBase =
  'labs/x lup/a l/sub/y gone/ gone/x whole/ whole/y whole/new tmp/ b lfile d/second labs up/x / ../ new/ n/m/'.split(
    ' ',
  );
const targetsOfBase =
  'b labs lfile lost whole/y d/sub/b.txt d/second new/deep/x l/a sub/.. lup loop d/sub ../../d/a'.split(' ');
const destinations =
  '/ / / /d /d/sub /d/sub/ /new/ /new/deep/x /l /labs/ /lost/ /lup /whole /gone/ /tmp /tmp/x ./ /l/../v'.split(' ');

/** Cases of `ADD` with archives alone, onto a base image. */
export const archiveCase: fc.Arbitrary<BuildCase> = fc
  .record({
    base: oneOf('test:base', 'test:base', 'test:rich', 'scratch'),
    adds: fc.array(
      fc.record({
        tar: archives(namesOfBase, targetsOfBase),
        destination: oneOf(...destinations),
        flag: sometimes(oneOf('--chown=33:100 ', '--chown=7 ', '--chmod=700 ', '--link '), 3),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ base, adds }) => ({
    set: 'edge',
    name: 'generated',
    dockerfile: Buffer.from(
      [`FROM ${base}`, ...adds.map(({ destination, flag }, at) => `ADD ${flag ?? ''}t${at} ${destination}`), ''].join(
        '\n',
      ),
    ),
    dockerfileName: undefined,
    target: undefined,
    buildArgs: {},
    secrets: {},
    context: adds.map(({ tar }, at) => ({ path: `t${at}`, base64: tar })),
    namedContexts: {},
    expected: { fails: true, line: null, message: '' },
  }));
