import { describe, expect, it } from 'vitest';
import { LayerIndexer } from '../../../../src/formats/layer-index/layer-indexer.ts';
import type { LayerOptions } from '../../../../src/formats/layer-index/layer-rules.ts';
import { describeEntries, layerOf } from '../../../support/layer-of.ts';
import { type RawMember, rawTar } from '../../../support/raw-tar.ts';

const dir = (name: string, mode = '0000755'): RawMember => ({ name, typeFlag: '5', fields: { mode } });
const file = (name: string, mode = '0000644'): RawMember => ({ name, data: Buffer.from(name), fields: { mode } });
const link = (name: string, linkName: string, mode = '0000644'): RawMember => ({
  name,
  typeFlag: '1',
  linkName,
  fields: { mode },
});
const symlink = (name: string, linkName: string): RawMember => ({ name, typeFlag: '2', linkName });

function entriesOf(members: readonly RawMember[], options?: Partial<LayerOptions>): string[] {
  return describeEntries(layerOf(rawTar(members), options).index.entries());
}

describe('the entries of a layer', () => {
  it.each<[string, RawMember[], string[]]>([
    [
      'paths made clean',
      [file('./a'), file('/b'), file('c//d'), file('e/./f'), dir('g/')],
      ['a file 644', 'b file 644', 'c/d file 644', 'e/f file 644', 'g directory 755'],
    ],
    ['paths above the root stopped there', [file('../../a'), file('b/../../c')], ['a file 644', 'c file 644']],
    [
      'tree order',
      [file('a.b'), file('a/b'), dir('a'), file('a-')],
      ['a directory 755', 'a/b file 644', 'a- file 644', 'a.b file 644'],
    ],
    ['the root', [dir('./', '0000700'), dir('/', '0000711')], [' directory 711']],
    ['the last entry of a path', [file('a'), file('a', '0000600')], ['a file 600']],
    [
      'a folder over a folder, which keeps what is in it',
      [dir('a'), file('a/b'), dir('a', '0000700')],
      ['a directory 700', 'a/b file 644'],
    ],
    ['a file over a folder, which is gone', [dir('a'), file('a/b/c'), file('a')], ['a file 644']],
    ['a file over an implied folder', [file('a/b'), file('a')], ['a file 644']],
    ['a folder over a file', [file('a'), dir('a'), file('a/b')], ['a directory 755', 'a/b file 644']],
    ['whiteouts', [file('a/.wh.b'), file('.wh.c')], ['a/b whiteout', 'c whiteout']],
    [
      'a whiteout of what the layer has, in either order',
      [file('.wh.a'), file('a'), file('b'), file('.wh.b')],
      ['a file 644', 'b file 644'],
    ],
    [
      'a whiteout of a folder that the layer has',
      [dir('a'), file('a/x'), file('.wh.a')],
      ['a directory 755 opaque', 'a/x file 644'],
    ],
    [
      'a whiteout of a folder that the layer implies',
      [file('a/x'), file('.wh.a')],
      ['a directory 755 opaque', 'a/x file 644'],
    ],
    ['an opaque folder', [dir('a'), file('a/.wh..wh..opq'), file('a/x')], ['a directory 755 opaque', 'a/x file 644']],
    [
      'an opaque folder that the layer implies',
      [file('a/.wh..wh..opq'), file('a/x')],
      ['a opaque-folder', 'a/x file 644'],
    ],
    ['an opaque root', [file('.wh..wh..opq')], [' opaque-folder']],
    ['a whiteout in a folder that a file replaces', [file('a/.wh.b'), file('a')], ['a file 644']],
    [
      'what aufs left',
      [
        file('.wh..wh.aufs'),
        dir('.wh..wh.orph'),
        file('.wh..wh.plnk/1.2'),
        link('a', '.wh..wh.plnk/1.2'),
        link('b', '.wh..wh.plnk/1.2'),
      ],
      ['a file 644 #0x2', 'b file 644 #0x2'],
    ],
    [
      'hard links',
      [file('b'), link('a', 'b'), link('c', '/a')],
      ['a file 644 #0x3', 'b file 644 #0x3', 'c file 644 #0x3'],
    ],
    ['the metadata of the last link', [file('b'), link('a', 'b', '0000600')], ['a file 600 #0x2', 'b file 600 #0x2']],
    [
      'a hard link to what was replaced later',
      [file('b'), link('a', 'b'), file('b', '0000600')],
      ['a file 644', 'b file 600'],
    ],
    ['a hard link to what was removed later', [file('d/b'), link('a', 'd/b'), file('d')], ['a file 644', 'd file 644']],
    ['a hard link to what comes later', [link('a', 'b', '0000600'), file('b')], ['a file 644 #0x2', 'b file 644 #0x2']],
    [
      'a hard link that was replaced before its target came',
      [link('a', 'b'), file('a', '0000600'), file('b')],
      ['a file 600', 'b file 644'],
    ],
    ['a hard link out of the layer', [link('a', './x/../b'), link('c', 'a')], ['a link to b', 'c link to b']],
    ['a hard link to itself', [file('a'), link('a', 'a', '0000600')], ['a file 600']],
    [
      'a hard link to a symlink',
      [symlink('s', 't'), link('a', 's')],
      ['a symlink 777 -> t #0x2', 's symlink 777 -> t #0x2'],
    ],
    [
      'hard links by way of a symlink',
      [file('d/f'), symlink('s', 'd'), link('a', 's/f')],
      ['a file 644 #0x2', 'd/f file 644 #0x2', 's symlink 777 -> d'],
    ],
    [
      'a symlink on the way',
      [dir('d'), symlink('s', 'd'), file('s/f')],
      ['d directory 755', 'd/f file 644', 's symlink 777 -> d'],
    ],
    [
      'symlinks above, absolute and to nowhere',
      [symlink('d/up', '../../e'), symlink('abs', '/d/up'), file('abs/f')],
      ['abs symlink 777 -> /d/up', 'd/up symlink 777 -> ../../e', 'e/f file 644'],
    ],
    ['symlinks with no permissions', [{ ...symlink('s', 't'), fields: { mode: '0000000' } }], ['s symlink 777 -> t']],
  ])('%s', (_, members, expected) => expect(entriesOf(members)).toEqual(expected));

  it.each<[string, RawMember[], RegExp]>([
    [
      'a path below a file',
      [file('a'), file('a/b')],
      /^tar entry "a\/b" at byte 1024: \/a is not a folder in this layer$/,
    ],
    ['a path below a device', [{ name: 'a', typeFlag: '6' }, file('a/b')], /\/a is not a folder/],
    ['a file in place of the root', [file('./')], /its path is the root/],
    ['symlinks that never end', [symlink('a', 'b'), symlink('b', 'a'), file('a/c')], /through too many symbolic links/],
    ['a hard link to a folder', [dir('a'), link('b', 'a')], /hard link to the folder \/a/],
    ['a hard link to an implied folder', [file('a/x'), link('b', 'a')], /hard link to the folder \/a/],
    ['a hard link to the root', [link('b', '/')], /hard link to the root/],
    ['a hard link to itself', [link('b', 'b')], /hard link to itself/],
    ['a whiteout of nothing', [file('.wh.')], /whiteout of nothing/],
    ['a whiteout of its own folder', [file('a/.wh..')], /whiteout of nothing/],
    ['a whiteout as a folder', [file('.wh.a/b')], /\.wh\.a in its path is a whiteout/],
    ['a symlink to nothing', [symlink('a', '')], /symbolic link to nothing/],
    ['a type of no file system', [{ name: 'a', typeFlag: 'M' }], /its type "M" is none of a file system/],
    ['a device that hides files', [{ name: 'a', typeFlag: '3' }], /character device 0:0/],
  ])('is refused: %s', (_, members, message) => {
    expect(() => entriesOf(members)).toThrow(
      expect.objectContaining({ code: 'TAR_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, RawMember[], RegExp]>([
    [
      'a long name',
      [{ name: 'x', typeFlag: 'x', records: { path: 'n'.repeat(256) } }, file('a')],
      /maxNameBytes is 255/,
    ],
    [
      'a long path',
      [{ name: 'x', typeFlag: 'x', records: { path: 'n/'.repeat(2049) } }, file('a')],
      /maxPathBytes is 4095/,
    ],
    [
      'a long symlink',
      [{ name: 'x', typeFlag: 'x', records: { linkpath: 'n'.repeat(4096) } }, symlink('a', 'b')],
      /maxLinkTargetBytes/,
    ],
    [
      'a long attribute',
      [{ name: 'x', typeFlag: 'x', records: { 'SCHILY.xattr.user.a': 'n'.repeat(65_537) } }, file('a')],
      /maxXattrValueBytes/,
    ],
    [
      'a long attribute name',
      [{ name: 'x', typeFlag: 'x', records: { [`SCHILY.xattr.user.${'n'.repeat(251)}`]: 'v' } }, file('a')],
      /maxXattrNameBytes/,
    ],
  ])('has a ceiling: %s', (_, members, message) => {
    expect(() => entriesOf(members)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(message) }),
    );
  });

  it('drops attributes that overlayfs obeys or Linux has no place for, and counts them', () => {
    const kept = { 'security.capability': 'c', 'user.x': 'x', 'trusted.y': 'y', 'system.posix_acl_access': 'a' };
    const dropped = {
      'trusted.overlay.opaque': 'y',
      'user.overlay.redirect': '/etc',
      'com.apple.quarantine': 'q',
      'user.': '-',
    };
    const records = Object.fromEntries(
      Object.entries({ ...kept, ...dropped }).map(([name, value]) => [`SCHILY.xattr.${name}`, value]),
    );
    const tar = rawTar([{ name: 'x', typeFlag: 'x', records }, file('a')]);
    const [entry] = layerOf(tar).index.entries();
    const xattrs = entry?.what.type === 'inode' ? entry.what.inode.xattrs : undefined;
    expect([...(xattrs?.keys() ?? [])].sort()).toEqual(Object.keys(kept).sort());
    const indexer = new LayerIndexer();
    indexer.push(tar);
    expect(indexer.notes).toMatchObject({ overlayXattrs: 2, foreignXattrs: 2 });
  });

  it('adds the attributes of folders and links up', () => {
    const records = (name: string): RawMember => ({
      name: 'x',
      typeFlag: 'x',
      records: { [`SCHILY.xattr.user.${name}`]: name },
    });
    const tar = rawTar([
      records('a'),
      dir('d'),
      records('b'),
      dir('d'),
      records('c'),
      file('f'),
      records('d'),
      link('g', 'f'),
    ]);
    const found = [...layerOf(tar).index.entries()].map(({ path, what }) =>
      what.type === 'inode' ? `${path} ${[...(what.inode.xattrs?.keys() ?? [])].sort().join(' ')}` : '',
    );
    expect(found).toEqual(['d user.a user.b', 'f user.c user.d', 'g user.c user.d']);
  });

  it('takes character devices 0:0 for whiteouts if asked', () => {
    const members: RawMember[] = [file('a'), { name: 'a', typeFlag: '3' }, { name: 'b', typeFlag: '4' }];
    expect(entriesOf(members, { zeroDevices: 'whiteout' })).toEqual(['a whiteout', 'b block 644']);
  });

  it('keeps bytes that are no text', () => {
    const [entry] = layerOf(rawTar([file('caf\xe9\xff')])).index.entries();
    expect(entry?.path).toBe('caf\xe9\xff');
  });
});
