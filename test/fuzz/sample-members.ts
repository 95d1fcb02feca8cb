import type { RawMember } from '../support/raw-tar.ts';

/** Members of an archive with something of everything, and some files. */
export function sampleMembers(files: number): RawMember[] {
  const members: RawMember[] = [
    { name: 'dev', typeFlag: '3', fields: { devMajor: '0000005\0', devMinor: '0000001\0' } },
    { name: 'x', typeFlag: 'x', records: { 'SCHILY.xattr.user.a': 'value', mtime: '-12.5', uid: '70000' } },
    { name: 'attributes', data: Buffer.from('data') },
    {
      name: 'x',
      typeFlag: 'x',
      records: { 'GNU.sparse.map': '5,2,100,3', 'GNU.sparse.size': '1000', 'GNU.sparse.numblocks': '2' },
    },
    { name: 'sparse', data: Buffer.from('abcde') },
    {
      name: 'x',
      typeFlag: 'x',
      records: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 's', 'GNU.sparse.realsize': '9' },
    },
    {
      name: 'GNUSparseFile.0/s',
      data: Buffer.concat([Buffer.from('1\n4\n5\n'.padEnd(512, '\0')), Buffer.from('abcde')]),
    },
    { name: 'g', typeFlag: 'g', records: { comment: 'x', mtime: '7' } },
    { name: '././@LongLink', typeFlag: 'L', dialect: 'gnu', data: Buffer.from(`${'long/'.repeat(40)}name\0`) },
    { name: 'cut', data: Buffer.from('x'.repeat(600)) },
    { name: 'soft', typeFlag: '2', linkName: 'target' },
    { name: 'hard', typeFlag: '1', linkName: 'attributes' },
    { name: 'other', typeFlag: '1', linkName: 'elsewhere' },
    { name: '.wh.gone' },
    { name: 'opaque/.wh..wh..opq' },
  ];
  for (let i = 0; i < files; i++) {
    members.push({ name: `some/folder-${i % 7}/file-number-${i}`, data: Buffer.from(`${i}`.repeat(i % 50)) });
  }
  return members;
}
