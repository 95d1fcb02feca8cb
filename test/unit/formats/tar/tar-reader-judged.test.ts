import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOf } from '../../../../src/base/byte-string.ts';
import type { TarMember } from '../../../../src/formats/tar/tar-member.ts';
import { contentOf, membersOf } from '../../../support/tar-members.ts';
import { python, readWithPython, run } from '../../../support/tar-oracle.ts';
import { describeWithTools } from '../../../support/tools.ts';

let folder = '';
const at = (name: string) => join(folder, name);

/** Names that differ in length, kind and bytes; sparse files of one, many and no pieces. */
const makeTree = `
import os, sys, random
os.makedirs(sys.argv[1]); os.chdir(sys.argv[1])
random.seed(7)
long = '/'.join(['d' * 60] * 4)
os.makedirs(long)
def write(name, data, mode=0o644):
    with open(name, 'wb') as f: f.write(data)
    os.chmod(name, mode)
write('empty', b'')
write('one', b'x', 0o4755)
write('block', b'y' * 512)
write(long + '/' + 'n' * 99, b'long path')
write(b'caf\\xe9 \\xff'.decode('utf-8', 'surrogateescape'), b'latin')
write('caf\\u00e9', b'utf-8')
write('n' * 255, b'longest name')
os.link('one', 'zz-hard')
os.link('n' * 255, 'zz-hard-long')
os.symlink('one', 'soft')
os.symlink('t' * 300, 'soft-long')
os.mkfifo('fifo')
os.utime('one', ns=(0, 1234567890123456789))
os.utime('empty', ns=(0, -1500000000))
def sparse(name, size, pieces):
    with open(name, 'wb') as f:
        for offset, data in pieces:
            f.seek(offset); f.write(data)
        f.truncate(size)
sparse('sparse-hole-only', 1 << 18, [])
sparse('sparse-head', 1 << 18, [(0, b'h' * 5000)])
sparse('sparse-tail', (1 << 18) + 77, [((1 << 18), b't' * 77)])
sparse('sparse-many', 120 * 8192, [(i * 8192, random.randbytes(4096)) for i in range(120)])
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-tar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Python and we agree on, in comparable form. */
function ours(archive: Buffer, member: TarMember): Record<string, unknown> {
  const path = member.path.length > 1 ? member.path.replace(/\/+$/, '') : member.path;
  return {
    name: Buffer.from(path, 'latin1').toString('hex'),
    mode: member.mode,
    uid: member.uid,
    gid: member.gid,
    mtime: (member.mtimeSec + member.mtimeNsec / 1e9).toFixed(5),
    linkname: member.linkTarget === undefined ? '' : bytesOf(member.linkTarget).toString('hex'),
    sha256: member.kind === 'file' ? createHash('sha256').update(contentOf(archive, member)).digest('hex') : undefined,
    size: member.kind === 'file' ? member.size : 0,
  };
}

function expectSameAsPython(path: string): TarMember[] {
  const archive = readFileSync(path);
  const members = membersOf(archive);
  const theirs = readWithPython(path).map((member) => ({
    name: member.name,
    mode: member.mode & 0o7777,
    uid: member.uid,
    gid: member.gid,
    mtime: Number(member.mtime).toFixed(5),
    linkname: member.linkname,
    sha256: member.sha256,
    size: member.sha256 === undefined ? 0 : member.size,
  }));
  expect(members.map((member) => ours(archive, member))).toEqual(theirs);
  for (const chunkBytes of [1, 511, 513, 4096]) {
    if (chunkBytes === 1 && archive.length > 1 << 20) continue;
    expect(membersOf(archive, chunkBytes)).toEqual(members);
  }
  return members;
}

const gnuFormats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix'];

describeWithTools(['tar', 'python3', 'bsdtar'], 'the tar reader sees what others see', () => {
  beforeAll(() => {
    python(makeTree, at('tree'));
  });

  it.each(gnuFormats)("in GNU tar's format %s", (format) => {
    // v7 and ustar can't hold long names: GNU tar leaves them out and ends with status 2.
    const script = 'tar --format="$0" --sort=name -C "$1" -cf "$2" . || test $? = 2';
    run('sh', ['-c', script, format, at('tree'), at(`${format}.tar`)]);
    const members = expectSameAsPython(at(`${format}.tar`));
    expect(members.length).toBeGreaterThan(10);
    if (format === 'posix') {
      const one = members.find(({ path }) => path === './one');
      expect([one?.mtimeSec, one?.mtimeNsec]).toEqual([1234567890, 123456789]);
      const empty = members.find(({ path }) => path === './empty');
      expect([empty?.mtimeSec, empty?.mtimeNsec]).toEqual([-2, 500000000]);
    }
  });

  it.each([
    ['oldgnu', '0.0'],
    ['gnu', '0.0'],
    ['posix', '0.0'],
    ['posix', '0.1'],
    ['posix', '1.0'],
  ])("with sparse files in GNU tar's format %s, version %s", (format, version) => {
    const path = at(`sparse-${format}-${version}.tar`);
    run('tar', [`--format=${format}`, '-S', `--sparse-version=${version}`, '-C', at('tree'), '-cf', path, '.']);
    const members = expectSameAsPython(path);
    const many = members.find((member) => member.path === './sparse-many');
    expect(many?.data.length).toBeGreaterThan(100);
    expect(members.find((member) => member.path === './sparse-hole-only')?.data).toEqual([]);
  });

  it.each(['pax', 'ustar', 'gnutar', 'v7'])("in bsdtar's format %s", (format) => {
    const path = at(`bsd-${format}.tar`);
    run('sh', ['-c', 'bsdtar --format "$0" -C "$1" -cf "$2" . || true', format, at('tree'), path]);
    expect(expectSameAsPython(path).length).toBeGreaterThan(10);
  });

  it("in Python's formats, with numbers that need an extension", () => {
    for (const format of ['USTAR', 'GNU', 'PAX']) {
      const source = `
import tarfile, io, sys
with tarfile.open(sys.argv[1], 'w', format=tarfile.${format}_FORMAT, errors='surrogateescape') as archive:
    for number in range(4):
        m = tarfile.TarInfo('member%d' % number)
        m.mode = 0o7777; m.size = 3
        if '${format}' != 'USTAR':
            m.uid = [0, 2097152, 4294967294, 70000][number]
            m.gid = [0, 4294967294, 2097152, 70000][number]
            m.mtime = [0, -1, -5000000000, 99999999999][number]
        archive.addfile(m, io.BytesIO(b'abc'))
    for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE, tarfile.DIRTYPE):
        m = tarfile.TarInfo('kind' + kind.decode()); m.type = kind; m.devmajor = 1048575; m.devminor = 2097151
        archive.addfile(m, io.BytesIO(b''))
`;
      const path = at(`python-${format}.tar`);
      python(source, path);
      const members = expectSameAsPython(path);
      const device = members.find((member) => member.kind === 'block');
      expect([device?.deviceMajor, device?.deviceMinor]).toEqual([1048575, 2097151]);
    }
  });

  it('with global headers, which a member can override and take back', () => {
    const source = `
import tarfile, io, sys
with tarfile.open(sys.argv[1], 'w', format=tarfile.PAX_FORMAT, pax_headers={'comment': 'c0ffee', 'mtime': '77.5', 'uid': '123'}) as archive:
    m = tarfile.TarInfo('global'); archive.addfile(m)
    m = tarfile.TarInfo('own'); m.pax_headers = {'uid': '9'}; archive.addfile(m)
`;
    python(source, at('global.tar'));
    const members = expectSameAsPython(at('global.tar'));
    expect(members.map(({ uid, mtimeSec, mtimeNsec }) => [uid, mtimeSec, mtimeNsec])).toEqual([
      [123, 77, 500000000],
      [9, 77, 500000000],
    ]);
  });

  it('with extended attributes, binary ones and odd names', () => {
    const source = `
import os, sys
open(sys.argv[1], 'w').close()
for name, value in ((b'user.plain', b'text'), (b'user.bin', bytes(range(256))), (b'user.empty', b''), (b'user.a=b%c%3D', b'odd'), (b'user.lines', b'a\\nb=c\\n')):
    os.setxattr(sys.argv[1].encode(), name, value)
`;
    try {
      python(source, at('attributes'));
    } catch (error) {
      console.warn(`skipped: the file system of ${folder} takes no user attributes: ${String(error)}`);
      return;
    }
    const attributes = {
      'user.a=b%c%3D': Buffer.from('odd'),
      'user.bin': Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
      'user.empty': Buffer.alloc(0),
      'user.lines': Buffer.from('a\nb=c\n'),
      'user.plain': Buffer.from('text'),
    };
    run('tar', ['--xattrs', '-C', folder, '-cf', at('xattrs.tar'), 'attributes']);
    const [gnu] = membersOf(readFileSync(at('xattrs.tar')));
    expect(Object.fromEntries(gnu?.xattrs ?? [])).toEqual(attributes);
    run('bsdtar', ['--xattrs', '--format=pax', '-C', folder, '-cf', at('bsd-xattrs.tar'), 'attributes']);
    const [bsd] = membersOf(readFileSync(at('bsd-xattrs.tar')));
    expect(Object.fromEntries(bsd?.xattrs ?? [])).toMatchObject(attributes);
  });

  it('takes what follows the end for nothing, and a missing end for one', () => {
    run('tar', ['-b1', '-C', at('tree'), '-cf', at('end.tar'), 'one', 'block']);
    const archive = readFileSync(at('end.tar'));
    const members = membersOf(archive);
    expect(members.map(({ path }) => path)).toEqual(['one', 'block']);
    expect(membersOf(Buffer.concat([archive, Buffer.from('garbage')]))).toEqual(members);
    expect(membersOf(archive.subarray(0, -1024))).toEqual(members);
    expect(membersOf(archive.subarray(0, -512))).toEqual(members);
    expect(membersOf(Buffer.alloc(0))).toEqual([]);
    writeFileSync(at('end-garbage.tar'), Buffer.concat([archive, Buffer.from('garbage')]));
    expectSameAsPython(at('end-garbage.tar'));
  });
});
