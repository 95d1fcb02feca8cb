import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);
let bed: BuildBed;
beforeEach(async () => {
  bed = await openBuildBed(folder.path);
  await mkdir(at('context'));
  await writeFile(at('context/Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
});
afterEach(async () => await bed[Symbol.asyncDispose]());

const tar = rawTar([{ name: 'Dockerfile', data: Buffer.from('FROM scratch\nCOPY Dockerfile /\n') }]);

describe('a context', () => {
  it.each([
    ['leads back to itself', 'loop', 'SYMLINK_LOOP', /opening the build context .*loop: .*lead back/],
    ['has too long a name', 'x'.repeat(300), 'CONTEXT_MISSING', /xxx has a name that is too long$/],
    ['is below a file', 'context/Dockerfile/x', 'CONTEXT_MISSING', /does not exist$/],
  ])('that %s is refused by name', async (_, name, code, message) => {
    await symlink('loop', at('loop'));
    await expect(bed.build({ context: at(name) })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    });
  });
});

describe('.dockerignore', () => {
  const makers: readonly [string, (path: string) => Promise<unknown>, string, RegExp][] = [
    ['a folder', async (path) => await mkdir(path), 'CONTEXT_MISSING', /\.dockerignore is a folder/],
    ['a pipe', async (path) => await runProcess('mkfifo', { args: [path] }), 'CONTEXT_MISSING', /is a named pipe/],
    ['a loop', async (path) => await symlink('.dockerignore', path), 'SYMLINK_LOOP', /\.dockerignore: .*lead back/],
  ];
  it.each(makers)('that is %s is refused with a way out', async (_, make, code, message) => {
    await make(at('context/.dockerignore'));
    await expect(bed.build({ context: at('context') })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/^(It has to be a file|Remove the link)/) as string,
    });
  });
});

it('a wrong pattern of an ignore file is told with its line', async () => {
  await writeFile(at('context/.dockerignore'), '# a\n*.o\n![\n');
  await expect(bed.build({ context: at('context') })).rejects.toMatchObject({
    code: 'PATTERN_INVALID',
    source: { file: expect.stringMatching(/\.dockerignore$/) as string, ranges: [{ startLine: 3, endLine: 3 }] },
  });
});

describe('standard input', () => {
  const give = async (bytes: Uint8Array, dockerfile?: string) =>
    await bed.build({ context: '-', stdin: Readable.from([bytes]), dockerfile });

  it('may hold an archive as it is or packed', async () => {
    const plain = await give(tar);
    expect((await give(gzipSync(tar))).layers).toEqual(plain.layers);
  });

  it.each([
    ['nothing', Buffer.alloc(0), undefined, 'DOCKERFILE_MISSING', /^standard input is empty/],
    ['half an archive', tar.subarray(0, 520), undefined, 'TAR_INVALID', /^the archive on standard input is damaged/],
    ['half a gzip', gzipSync(tar).subarray(0, 60), undefined, 'COMPRESSION_INVALID', /^the archive on standard input/],
    ['a Dockerfile, and -f', Buffer.from('FROM scratch\n'), 'sub/Dockerfile', 'USAGE', /^-f sub\/Dockerfile: /],
  ])('with %s is refused by name', async (_, bytes, dockerfile, code, message) => {
    await expect(give(bytes, dockerfile)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
