import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOf } from '../../../../src/base/byte-string.ts';
import { treeTar } from '../../../../src/formats/layer-index/write-layer-tar.ts';
import type { TarMember } from '../../../../src/formats/tar/tar-member.ts';
import { anyFiles } from '../../../support/any-tree.ts';
import { factsOfTree } from '../../../support/facts-of-tree.ts';
import { type MemoryTree, memoryTree } from '../../../support/memory-tree.ts';
import { readAll } from '../../../support/read-all.ts';
import { contentOf, membersOf } from '../../../support/tar-members.ts';
import { readWithPython, run } from '../../../support/tar-oracle.ts';
import { describeWithTools } from '../../../support/tools.ts';

let folder = '';
let tree: MemoryTree;
let tar: Buffer;
const at = (name: string) => join(folder, name);

/** Many drawn trees side by side, so that each judge is started once. */
function manyTrees(): MemoryTree {
  const drawn = fc.sample(anyFiles, { numRuns: 40, seed: 4711 });
  const files = drawn.flatMap((one, i) =>
    one.map((file) => ({
      ...file,
      path: `t${i}/${file.path}`,
      ...(file.linkTo === undefined ? {} : { linkTo: `t${i}/${file.linkTo}` }),
    })),
  );
  return memoryTree([...files, { path: 'big', uid: 2 ** 32 - 1, gid: 2 ** 21, seconds: 8 ** 11, content: 'x' }]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'firekiln-tar-'));
  tree = manyTrees();
  tar = await readAll(treeTar(tree));
  writeFileSync(at('tree.tar'), tar);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pythonTypes = { directory: '5', file: '0', symlink: '2', character: '3', block: '4', fifo: '6' } as const;
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');

describeWithTools(['tar', 'python3', 'bsdtar'], 'others read what the tar writer wrote', () => {
  it('Python sees every fact', () => {
    const expected = factsOfTree(tree).flatMap((facts) => {
      const { kind, path, firstName } = facts;
      if (path === '' || kind === 'socket') return [];
      const isLink = kind !== 'directory' && firstName !== path;
      const time = facts.mtimeSec + facts.mtimeNsec / 1e9;
      return {
        name: hex(path),
        type: isLink ? '1' : pythonTypes[kind],
        mode: facts.mode,
        uid: facts.uid,
        gid: facts.gid,
        mtime: time.toFixed(5),
        linkname: hex(isLink ? firstName : (facts.linkTarget ?? '')),
        devmajor: isLink ? 0 : facts.deviceMajor,
        devminor: isLink ? 0 : facts.deviceMinor,
        sha256: isLink ? undefined : facts.sha256,
        xattrs: Object.fromEntries(Object.entries(facts.xattrs).map(([name, value]) => [hex(name), value])),
      };
    });
    const found = readWithPython(at('tree.tar')).map(({ size: _size, ...member }) => ({
      ...member,
      mtime: Number(member.mtime).toFixed(5),
      sha256: member.sha256,
    }));
    expect(found.length).toBeGreaterThan(200);
    expect(found).toEqual(expected);
  });

  it('GNU tar lists every name; it only does not know what names that are not UTF-8 are marked with', () => {
    const listed = run('tar', ['--quoting-style=escape', '--null', '-tf', at('tree.tar')]).toString('latin1');
    expect(listed.trimEnd().split('\n').length).toBe(membersOf(tar).length);
    run('sh', ['-c', 'tar -tvf "$0" 2>&1 >/dev/null | { ! grep -v "keyword .hdrcharset"; }', at('tree.tar')]);
  });

  it('bsdtar copies it to an archive of its own with the same members', () => {
    run('sh', ['-c', 'LC_ALL=C.UTF-8 bsdtar --format=pax -cf "$0" "@$1"', at('copy.tar'), at('tree.tar')]);
    const copy = readFileSync(at('copy.tar'));
    const plain = (archive: Buffer) => (member: TarMember) => ({
      path: hex(member.path),
      kind: member.kind,
      mode: member.mode,
      uid: member.uid,
      gid: member.gid,
      // libarchive counts fractions of negative times in its own way.
      time: member.mtimeSec < 0 ? undefined : [member.mtimeSec, member.mtimeNsec],
      linkTarget: member.linkTarget === undefined ? undefined : bytesOf(member.linkTarget).toString('hex'),
      device: [member.deviceMajor, member.deviceMinor],
      content: member.kind === 'file' ? contentOf(archive, member).toString('base64') : undefined,
      xattrs:
        member.kind === 'hard-link'
          ? undefined
          : new Map([...(member.xattrs ?? [])].map(([k, v]) => [k, hex(Buffer.from(v).toString('latin1'))])),
    });
    expect(membersOf(copy).map(plain(copy))).toEqual(membersOf(tar).map(plain(tar)));
  });
});
