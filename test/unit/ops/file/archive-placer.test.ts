import { describe, expect, it } from 'vitest';
import { byteStringFromText, textOf } from '../../../../src/base/byte-string.ts';
import { bytesAccess } from '../../../../src/formats/io/bytes-access.ts';
import { MemoryLayerBuilder } from '../../../../src/formats/layer-index/memory-layer.ts';
import { TarReader } from '../../../../src/formats/tar/tar-reader.ts';
import { mergeLayers } from '../../../../src/formats/tree/merged-tree.ts';
import { ArchivePlacer } from '../../../../src/ops/file/archive-placer.ts';
import { WorkTree } from '../../../../src/ops/file/work-tree.ts';
import { type RawMember, rawTar } from '../../../support/raw-tar.ts';

const base = new MemoryLayerBuilder()
  .folder('shared', { mode: 0o2775, gid: 50 })
  .file('a', 'of the image', { mode: 0o4755 })
  .symlink('lost', 'no/where')
  .symlink('out', '../../shared')
  .build();

/** What unpacking the members into a folder of the image changes: path, mode in octal, owner, content. */
function placed(members: readonly RawMember[], destination = '/'): string[] {
  const to = new WorkTree(mergeLayers([base]));
  const tar = rawTar(members);
  const placer = new ArchivePlacer(
    {
      to,
      destination: byteStringFromText(destination),
      owner: undefined,
      time: { sec: 1, nsec: 0 },
      name: byteStringFromText('a.tar'),
    },
    () => bytesAccess(tar),
  );
  const reader = new TarReader((member) => placer.add(member));
  reader.push(tar);
  reader.end();
  placer.finish();
  const names = new Map<object, string>();
  return [...to.changes()].flatMap(({ path, change }) => {
    if (path === '') return [];
    if (change.type === 'removed') return `${textOf(path)} removed`;
    const { meta, content } = change.inode;
    const first = names.get(change.inode);
    names.set(change.inode, textOf(path));
    if (first !== undefined) return `${textOf(path)} is ${first}`;
    const bytes =
      content === undefined
        ? meta.kind
        : Buffer.concat([...(content.read() as Iterable<Uint8Array>)].map((it) => Buffer.from(it)));
    return `${textOf(path)} ${meta.mode.toString(8)} ${meta.uid}:${meta.gid} ${bytes.toString()}`;
  });
}

const file = (name: string, data = ''): RawMember => ({ name, data: Buffer.from(data) });
const link = (name: string, linkName: string): RawMember => ({ name, linkName, typeFlag: '1' });
const symlink = (name: string, linkName: string): RawMember => ({ name, linkName, typeFlag: '2' });
const folder = (name: string, mode: string): RawMember => ({ name, typeFlag: '5', fields: { mode } });

describe('an archive is unpacked in its order', () => {
  it.each<[string, readonly RawMember[], string[]]>([
    [
      'folders that are made on the way inherit setgid from what is there then',
      [file('shared/n/m/x'), folder('shared/n/', '0000700'), file('shared/n/o/y')],
      [
        'shared 2775 0:50 directory',
        'shared/n 700 0:0 directory',
        'shared/n/m 2755 0:0 directory',
        'shared/n/m/x 644 0:0 ',
        'shared/n/o 755 0:0 directory',
        'shared/n/o/y 644 0:0 ',
      ],
    ],
    [
      'a hard link changes the file of the image that it names',
      [{ ...link('b', './a'), fields: { mode: '0000600', uid: '0000007' } }],
      ['a 600 7:0 of the image', 'b is a'],
    ],
    [
      'a hard link names what is there',
      [link('b', 'a'), file('a', 'new')],
      ['a 644 0:0 new', 'b 644 0:0 of the image'],
    ],
    [
      'or what comes later, over others that wait',
      [link('z', 'y'), link('y', 'x'), link('w', 'x'), file('w', 'own'), file('x', 'late')],
      ['w 644 0:0 own', 'x 644 0:0 late', 'y is x', 'z is y'],
    ],
    [
      'a hard link that waits goes with its folder',
      [link('k/b', 'x'), file('k', 'no folder'), file('x')],
      ['k 644 0:0 no folder', 'x 644 0:0 '],
    ],
    [
      'the owner of a symbolic link is that of its last hard link, its time is not',
      [symlink('s', 'a'), { ...link('t', 's'), fields: { uid: '0000005', mode: '0000600' } }],
      ['s 777 5:0 symlink', 't is s'],
    ],
    ['what is no layer has no whiteouts', [file('.wh.a', 'x')], ['.wh.a 644 0:0 x']],
    [
      'a link that leads nowhere gets what it leads to',
      [file('lost/x')],
      ['no 755 0:0 directory', 'no/where 755 0:0 directory', 'no/where/x 644 0:0 '],
    ],
    [
      'a path leads elsewhere after its folder is replaced',
      [file('p/x'), symlink('p', 'q'), file('p/x', 'in q')],
      ['p 777 0:0 symlink', 'q 755 0:0 directory', 'q/x 644 0:0 in q'],
    ],
  ])('%s', (_, members, expected) => {
    expect(placed(members)).toEqual(expected);
  });

  it('makes as many folders as a path may have', () => {
    expect(placed([{ name: 'x', typeFlag: 'L', data: Buffer.from(`${'n/'.repeat(2047)}\0`) }, file('x')]).length).toBe(
      2047,
    );
  });

  it('the root only counts where it is not `.`', () => {
    const modeOf = (name: string) => placed([folder(name, '0000711'), file('x')], '/in')[0];
    expect(['./', 'd/..', '/', '../', '/.'].map(modeOf)).toEqual([
      'in 755 0:0 directory',
      'in 755 0:0 directory',
      'in 711 0:0 directory',
      'in 711 0:0 directory',
      'in 711 0:0 directory',
    ]);
    expect(placed([folder('/', '0000711')])).toEqual([]);
  });

  it('nothing leads out of the folder', () => {
    const members = [file('../up', '1'), symlink('l', '../../..'), file('l/x', '2'), link('l/y', '../../x')];
    expect(placed(members, '/in')).toEqual([
      'in 755 0:0 directory',
      'in/l 777 0:0 symlink',
      'in/up 644 0:0 1',
      'in/x 644 0:0 2',
      'in/y is in/x',
    ]);
  });

  it.each<[string, readonly RawMember[], string, RegExp]>([
    [
      'a hard link to itself',
      [link('n', './n')],
      'TAR_INVALID',
      /^tar entry "n" at byte 0: it is a hard link to itself$/,
    ],
    ['a hard link to a folder', [link('n', 'shared')], 'TAR_INVALID', /a hard link to the folder \/shared$/],
    ['a hard link to the root', [link('n', '..')], 'TAR_INVALID', /a hard link to the root$/],
    [
      'a hard link to nothing',
      [link('n', 'm')],
      'TAR_INVALID',
      /^archive \/a.tar: \/n is a hard link to \/m, which is not/,
    ],
    ['a removal of overlayfs', [{ name: 'n', typeFlag: '3' }], 'TAR_INVALID', /a character device 0:0/],
    ['what is no file', [{ name: 'n', typeFlag: 'Z' }], 'TAR_INVALID', /its type "Z" is none of a file system$/],
    ['a file on the way', [file('a/b')], 'NOT_A_FOLDER', /^\/a is in the way/],
    ['a loop', [symlink('l', 'm'), symlink('m', 'l'), file('l/x')], 'SYMLINK_LOOP', /^tar entry "l\/x" at byte 1024: /],
    [
      'a long name',
      [{ name: 'x', typeFlag: 'L', data: Buffer.from('n'.repeat(256)) }, file('x')],
      'LIMIT_EXCEEDED',
      /maxNameBytes is 255$/,
    ],
    [
      'a long path',
      [{ name: 'x', typeFlag: 'L', data: Buffer.from('n/'.repeat(2100)) }, file('x')],
      'LIMIT_EXCEEDED',
      /maxPathBytes is 4095$/,
    ],
  ])('%s is refused', (_, members, code, message) => {
    expect(() => placed(members)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
