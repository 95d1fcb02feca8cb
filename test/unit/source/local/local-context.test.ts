import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteString, byteStringFromText, textOf } from '../../../../src/base/byte-string.ts';
import { sha256 } from '../../../../src/base/digest.ts';
import { runProcess } from '../../../../src/base/process.ts';
import { DigestCache } from '../../../../src/source/local/digest-cache.ts';
import type { FileDigests } from '../../../../src/source/local/host-file.ts';
import { openLocalContext } from '../../../../src/source/local/local-context.ts';
import type { PathFilter } from '../../../../src/source/path-filter.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'firekiln-context-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const path = (text: string) => byteStringFromText(text);
const noDigests: FileDigests = { find: () => undefined, remember: () => {} };
const open = (ignore?: PathFilter, digests: FileDigests = noDigests) =>
  openLocalContext({ root, description: 'the context', ignore, digests });

const ignoring = (names: readonly string[], exceptions: readonly string[] = []): PathFilter => ({
  hasExceptions: exceptions.length > 0,
  match: (at, state) => {
    const text = textOf(at);
    const matches = (names.includes(text) || state === true) && !exceptions.includes(text);
    return { matches, state: matches };
  },
});

async function text(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  let all = '';
  for await (const chunk of chunks) all += Buffer.from(chunk).toString();
  return all;
}

describe('a local context', () => {
  it('gives files, folders and symlinks with owner 0:0', async () => {
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/f'), 'data', { mode: 0o640 });
    symlinkSync('../elsewhere', join(root, 'd/l'));
    const context = open();
    expect(context.names(path('d'))).toEqual(['f', 'l']);
    expect(context.lookup(path('d/f'))).toMatchObject({ kind: 'file', mode: 0o640, uid: 0, gid: 0, size: 4 });
    expect(context.lookup(path('d/l'))).toMatchObject({ kind: 'symlink', linkTarget: '../elsewhere' });
    expect(await context.lookup(path('d/f'))?.digest()).toBe(sha256('data'));
    expect(context.lookup(path('nope'))).toBeUndefined();
    expect(context.lookup(path('d/f/below'))).toBeUndefined();
  });

  it('does not reach through a symlink', () => {
    symlinkSync('/etc', join(root, 'out'));
    expect(open().lookup(path('out/passwd'))).toBeUndefined();
    expect(open().names(path('out'))).toEqual([]);
  });

  it('knows hard links, times before 1970 and names that are not UTF-8', async () => {
    writeFileSync(join(root, 'a'), '');
    linkSync(join(root, 'a'), join(root, 'b'));
    await runProcess('touch', { args: ['-d', '@-1.5', join(root, 'a')] });
    const odd = byteString(Buffer.from([0x66, 0xff, 0x67]));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff, 0x67])]), 'x');
    const context = open();
    expect(context.lookup(path('a'))?.identity).toBe(context.lookup(path('b'))?.identity);
    expect(context.lookup(path('a'))).toMatchObject({ mtimeSec: -2, mtimeNsec: 500_000_000 });
    expect(context.names(path(''))).toContain(odd);
    expect(context.lookup(odd)?.kind).toBe('file');
  });

  it('ignored paths are not there', () => {
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, 'out/x'), '');
    writeFileSync(join(root, 'keep'), '');
    const context = open(ignoring(['out']));
    expect(context.names(path(''))).toEqual(['keep']);
    expect(context.lookup(path('out'))).toBeUndefined();
    expect(context.lookup(path('out/x'))).toBeUndefined();
  });

  it('an ignored folder is there as far as an exception brings something back', () => {
    mkdirSync(join(root, 'out/deep'), { recursive: true });
    mkdirSync(join(root, 'gone'));
    for (const name of ['out/x', 'out/deep/y', 'gone/z']) writeFileSync(join(root, name), '');
    const context = open(ignoring(['out', 'gone'], ['out/deep/y']));
    expect(context.names(path(''))).toEqual(['out']);
    expect(context.names(path('out'))).toEqual(['deep']);
    expect(context.names(path('out/deep'))).toEqual(['y']);
    expect(context.lookup(path('out/x'))).toBeUndefined();
    expect(context.lookup(path('out/deep/y'))?.kind).toBe('file');
  });

  it('a file that changes after it was looked at is an error', async () => {
    writeFileSync(join(root, 'f'), 'one');
    const node = open().lookup(path('f'));
    writeFileSync(join(root, 'f'), 'another');
    await expect(text(node?.read() ?? [])).rejects.toMatchObject({ code: 'CONTEXT_CHANGED' });
    rmSync(join(root, 'f'));
    await expect(text(node?.read() ?? [])).rejects.toMatchObject({ code: 'CONTEXT_CHANGED' });
    symlinkSync('/etc/passwd', join(root, 'f'));
    await expect(text(node?.read() ?? [])).rejects.toMatchObject({ code: 'CONTEXT_CHANGED' });
  });

  it('what lies too deep for the system is an error, and not passed over', () => {
    const folder = 'd'.repeat(200);
    // Made from within: no path that long can be given to the system.
    const script = `for i in $(seq 25); do mkdir ${folder} && cd -P ${folder} || exit 1; done`;
    execFileSync('bash', ['-c', script], { cwd: root });
    const context = open();
    const walk = (at: string): void => {
      for (const name of context.names(path(at))) walk(at === '' ? name : `${at}/${name}`);
    };
    expect(() => walk('')).toThrow(expect.objectContaining({ code: 'PATH_INVALID' }));
    const ignoring19 = open(ignoring([Array.from({ length: 10 }, () => folder).join('/')]));
    expect(ignoring19.names(path(folder))).toEqual([folder]);
  });

  it('a large file, or a folder, that vanishes after it was looked at is an error', async () => {
    writeFileSync(join(root, 'large'), Buffer.alloc(200_000));
    mkdirSync(join(root, 'folder'));
    const context = open();
    const node = context.lookup(path('large'));
    expect(context.lookup(path('folder'))?.kind).toBe('directory');
    rmSync(join(root, 'large'));
    rmSync(join(root, 'folder'), { recursive: true });
    await expect(text(node?.read() ?? [])).rejects.toMatchObject({ code: 'CONTEXT_CHANGED' });
    expect(() => context.names(path('folder'))).toThrow(/folder was changed while the build read it/);
  });

  it('data that is not what its digest said is an error', async () => {
    writeFileSync(join(root, 'f'), 'one');
    const lying: FileDigests = { find: () => sha256('two'), remember: () => {} };
    const node = open(undefined, lying).lookup(path('f'));
    await expect(text(node?.read() ?? [])).rejects.toMatchObject({ code: 'CONTEXT_CHANGED' });
  });
});

describe('the digest cache', () => {
  const later = () => Date.now() + 60_000;

  it('keeps digests between builds while the file stays the same', async () => {
    writeFileSync(join(root, 'f'), 'data');
    const database = join(root, 'cache/digests.db');
    {
      using cache = new DigestCache(database, later);
      await open(undefined, cache).lookup(path('f'))?.digest();
    }
    using cache = new DigestCache(database, later);
    let found = 0;
    const counting: FileDigests = {
      find: (file) => {
        const digest = cache.find(file);
        if (digest !== undefined) found++;
        return digest;
      },
      remember: () => expect.fail('the file was read again'),
    };
    expect(await open(undefined, counting).lookup(path('f'))?.digest()).toBe(sha256('data'));
    expect(found).toBe(1);
    writeFileSync(join(root, 'f'), 'dat2');
    using fresh = new DigestCache(database, later);
    expect(await open(undefined, fresh).lookup(path('f'))?.digest()).toBe(sha256('dat2'));
  });

  it.each([
    ['damaged', 'cache/digests.db', 'no database'.repeat(1000)],
    ['in a place that takes no files', 'f/digests.db', undefined],
  ])('is done without where its file is %s', async (_, name, content) => {
    writeFileSync(join(root, 'f'), 'data');
    const database = join(root, name);
    mkdirSync(join(root, 'cache'));
    if (content !== undefined) writeFileSync(database, content);
    {
      using cache = new DigestCache(database, later);
      expect(await open(undefined, cache).lookup(path('f'))?.digest()).toBe(sha256('data'));
    }
    const { size, mtimeMs, ctimeMs, dev, ino } = statSync(join(root, 'f'));
    using cache = new DigestCache(database, later);
    const found = cache.find({ path: join(root, 'f'), size, mtimeMs, ctimeMs, device: dev, inode: ino });
    expect(found).toBe(content === undefined ? undefined : sha256('data'));
  });

  it('does not keep the digest of a file that was changed just now', async () => {
    writeFileSync(join(root, 'f'), 'data');
    const database = join(root, 'cache/digests.db');
    {
      using cache = new DigestCache(database);
      await open(undefined, cache).lookup(path('f'))?.digest();
    }
    using cache = new DigestCache(database);
    let remembered = 0;
    const counting: FileDigests = { find: (file) => cache.find(file), remember: () => void remembered++ };
    await open(undefined, counting).lookup(path('f'))?.digest();
    expect(remembered).toBe(1);
  });
});
