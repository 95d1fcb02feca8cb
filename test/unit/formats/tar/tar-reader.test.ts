import { describe, expect, it } from 'vitest';
import { parsePaxTime, parseTarNumber } from '../../../../src/formats/tar/tar-number.ts';
import { type RawMember, rawTar } from '../../../support/raw-tar.ts';
import { contentOf, membersOf } from '../../../support/tar-members.ts';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'TAR_INVALID', message: expect.stringMatching(message) });
const tooMuch = (message: RegExp) =>
  expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(message) });
const pax = (records: Record<string, string>, typeFlag = 'x'): RawMember => ({
  name: 'PaxHeaders/x',
  typeFlag,
  records,
});

describe('the numbers of a tar', () => {
  const field = (text: string | number[]) => {
    const block = Buffer.alloc(12);
    if (typeof text === 'string') block.write(text, 'latin1');
    else block.set(text);
    return parseTarNumber(block, 0, 12);
  };

  it.each([
    ['0000644\0', 0o644],
    ['     644 ', 0o644],
    ['777777777777', 0o777777777777],
    ['', 0],
    ['  ', 0],
    ['12\0garbage', 0o12],
    ['0000008', undefined],
    ['-1', undefined],
    ['0x10', undefined],
    [[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], 256],
    [[0x80, 0, 0, 0, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], Number.MAX_SAFE_INTEGER - 1],
    [[0x80, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0], undefined],
    [Array.from({ length: 12 }, () => 0xff), -1],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], -256],
    [[0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], undefined],
  ])('%j is %d', (text, value) => expect(field(text)).toBe(value));

  it.each([
    ['1.5', 1, 500_000_000],
    ['-1.5', -2, 500_000_000],
    ['-0.25', -1, 750_000_000],
    ['0', 0, 0],
    ['-3', -3, 0],
    ['.5', 0, 500_000_000],
    ['7.', 7, 0],
    ['1.1234567899', 1, 123_456_789],
  ])('the time %s', (text, sec, nsec) => expect(parsePaxTime(text)).toEqual({ sec, nsec }));

  it.each(['', '.', '-', '1e3', '0x1', '1.5.5', '12345678901234567'])('no time: %j', (text) =>
    expect(parsePaxTime(text)).toBeUndefined(),
  );
});

describe('a damaged or odd archive', () => {
  const plain: RawMember = { name: 'dir/file', data: Buffer.from('content') };

  it('is refused at the entry and byte where it is damaged', () => {
    const archive = rawTar([{ name: 'first' }, plain]);
    archive[512 + 3] = 0x21;
    expect(() => membersOf(archive)).toThrow(invalid(/^the tar entry at byte 512: the checksum of its header is \d+/));
  });

  it('is refused wherever it is cut, but between entries', () => {
    const archive = rawTar([{ name: 'first' }, pax({ mtime: '1.5' }), plain], { end: false });
    expect(archive.length).toBe(512 * 5);
    for (let length = 0; length < archive.length; length++) {
      const cut = archive.subarray(0, length);
      const isComplete = length === 0 || length === 512 || length >= 2048 + 7;
      if (isComplete) expect(membersOf(cut).length).toBe(length === 0 ? 0 : length === 512 ? 1 : 2);
      else expect(() => membersOf(cut), String(length)).toThrow(invalid(/the archive ends/));
    }
    expect(() => membersOf(archive.subarray(0, 2050))).toThrow(
      invalid(/^tar entry "dir\/file" at byte 512: the archive ends 5 bytes before its data does/),
    );
  });

  it.each<[string, RawMember[], RegExp]>([
    ['a lone block of zeros', [{ raw: Buffer.alloc(512) }, plain], /half the mark of the end/],
    ['a size that is no number', [{ ...plain, fields: { size: 'zzz' } }], /its size is not a number/],
    ['a negative size', [{ ...plain, fields: { size: Buffer.alloc(12, 0xff) } }], /its size is negative/],
    ['an owner beyond 32 bits', [pax({ uid: '4294967296' }), plain], /its owner is 4294967296, beyond 32 bits/],
    ['a time beyond reason', [pax({ mtime: '5000000000000000' }), plain], /its time is 5000000000000000, beyond/],
    ['a PAX number of letters', [pax({ gid: 'one' }), plain], /its group is not a number/],
    ['a PAX path with a NUL', [pax({ path: 'a\0b' }), plain], /its name has a NUL/],
    ['PAX headers for nothing', [pax({ path: 'a' })], /ends within its headers/],
    ['a PAX record too short', [{ ...pax({}), data: Buffer.from('3 a\n') }, plain], /a record of no sense 0 bytes/],
    ['a PAX record too long', [{ ...pax({}), data: Buffer.from('99 a=b\n') }, plain], /a record of no sense 0 bytes/],
    ['a PAX record without a keyword', [{ ...pax({}), data: Buffer.from('6 =bc\n') }, plain], /without a keyword/],
    ['a global size', [pax({ size: '3' }, 'g'), plain], /of all members what can be true of one only: size/],
    ['a sparse map out of order', [pax(sparse('0.1', '100,10,0,10')), plain], /overlap or lie outside/],
    ['a sparse map beyond its file', [pax(sparse('0.1', '0,3,2000,4')), plain], /overlap or lie outside/],
    [
      'a sparse map for less than is stored',
      [pax(sparse('0.1', '0,3,100,3')), plain],
      /tells of 6 bytes, and it has 7/,
    ],
    [
      'a sparse map that lies about its count',
      [pax({ ...sparse('0.1', '0,7'), 'GNU.sparse.numblocks': '2' }), plain],
      /pieces it counts/,
    ],
    [
      'an unknown sparse format',
      [pax({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0' }), plain],
      /sparse in format 2\.0/,
    ],
    ['a sparse map that never ends', [pax(sparse('1.0')), { ...plain, data: Buffer.alloc(1024, '1') }], /no number/],
    [
      'data that ends within its sparse map',
      [pax(sparse('1.0')), { ...plain, data: Buffer.from('5\n1\n') }],
      /ends within its sparse map/,
    ],
    [
      'a device number beyond 32 bits',
      [{ name: 'd', typeFlag: '3', fields: { devMajor: Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 0]) } }],
      /device number/,
    ],
  ])('is refused for %s', (_, members, message) => {
    expect(() => membersOf(rawTar(members))).toThrow(invalid(message));
    expect(() => membersOf(rawTar(members), 1)).toThrow(invalid(message));
  });

  it('is refused above a ceiling before anything is allocated', () => {
    const huge = { size: '77777777777' };
    expect(() => membersOf(rawTar([{ name: 'x', typeFlag: 'x', fields: huge }]))).toThrow(tooMuch(/maxPaxBytes/));
    expect(() => membersOf(rawTar([{ name: 'x', typeFlag: 'L', fields: huge }]))).toThrow(tooMuch(/maxLongNameBytes/));
    const map = Array.from({ length: 2 * 262_145 }, () => '0\n').join('');
    const many = { name: 'x', data: Buffer.from(`262145\n${map}`.padEnd(2_097_152, '0')) };
    expect(() => membersOf(rawTar([pax(sparse('1.0')), many]))).toThrow(tooMuch(/maxSparseExtents is/));
  });

  it('keeps paths as they stand', () => {
    const names = ['/abs', '../up', 'a//b', './', ''];
    expect(membersOf(rawTar(names.map((name) => ({ name })))).map(({ path }) => path)).toEqual(names);
  });

  it('keeps entries of types it does not know apart', () => {
    const members = membersOf(rawTar([{ ...plain, typeFlag: 'Q' }, { name: 'label', typeFlag: 'V' }, plain]));
    expect(members.map(({ kind, path }) => [kind, path])).toEqual([
      ['unknown', 'dir/file'],
      ['file', 'dir/file'],
    ]);
  });

  it('passes over no data for entries that have none, whatever their size says', () => {
    for (const typeFlag of '123456') {
      const members = membersOf(rawTar([{ name: 'a', typeFlag, fields: { size: '00000001000' } }, plain]));
      expect(members.map(({ path }) => path)).toEqual(['a', 'dir/file']);
    }
  });

  it('has old headers without a magic, with signed checksums, and folders told by their slash', () => {
    const old = rawTar([{ name: 'caf\xe9/', typeFlag: '\0', dialect: 'v7', signedSum: true }]);
    expect(membersOf(old)).toMatchObject([{ path: 'caf\xe9/', kind: 'directory' }]);
  });

  it("has GNU long names before anything else's", () => {
    const archive = rawTar([
      { name: '././@LongLink', typeFlag: 'L', data: Buffer.from('gnu name\0') },
      { name: '././@LongLink', typeFlag: 'K', data: Buffer.from('gnu link\0') },
      pax({ path: 'pax name', linkpath: 'pax link' }),
      { name: 'short', typeFlag: '2' },
    ]);
    expect(membersOf(archive)).toMatchObject([{ path: 'gnu name', linkTarget: 'gnu link', offset: 0 }]);
  });

  it('has a prefix where Go before 1.8 put one into GNU headers', () => {
    const archive = rawTar([{ name: 'file', dialect: 'gnu', fields: { prefix: 'some/folder' } }]);
    expect(membersOf(archive)).toMatchObject([{ path: 'some/folder/file' }]);
    const times = rawTar([{ name: 'file', dialect: 'gnu', fields: { prefix: '12345670123\x0012345670123' } }]);
    expect(membersOf(times)).toMatchObject([{ path: 'file' }]);
  });

  it('has owners that were written as negative numbers', () => {
    const fields = { uid: Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]) };
    expect(membersOf(rawTar([{ name: 'a', fields }]))).toMatchObject([{ uid: 4294967294 }]);
  });

  it('has sparse files whose map is longer than a block', () => {
    const pieces = Array.from({ length: 300 }, (_, i) => i);
    const map = `300\n${pieces.map((i) => `${i * 1000}\n1\n`).join('')}`;
    const head = Buffer.alloc(Math.ceil(map.length / 512) * 512);
    head.write(map);
    const data = Buffer.concat([head, Buffer.alloc(300, 'x')]);
    const archive = rawTar([
      pax({ ...sparse('1.0'), 'GNU.sparse.realsize': '300000', 'GNU.sparse.name': 'real' }),
      { name: 'fake', data },
    ]);
    const [member] = membersOf(archive, 7);
    expect(member).toMatchObject({ path: 'real', size: 300_000 });
    const content = member === undefined ? Buffer.alloc(0) : contentOf(archive, member);
    expect([...content.keys()].filter((i) => content[i] !== 0)).toEqual(pieces.map((i) => i * 1000));
  });
});

function sparse(version: '0.1' | '1.0', map?: string): Record<string, string> {
  const [major = '', minor = ''] = version.split('.');
  const common = { 'GNU.sparse.major': major, 'GNU.sparse.minor': minor, 'GNU.sparse.realsize': '1000' };
  if (map === undefined) return common;
  return { ...common, 'GNU.sparse.map': map, 'GNU.sparse.numblocks': String(map.split(',').length / 2) };
}
