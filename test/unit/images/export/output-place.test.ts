import { execFile, execFileSync } from 'node:child_process';
import { mkdir, open, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createEmitter, type FirekilnEvent, silentEmitter } from '../../../../src/base/events.ts';
import { filePlace, outputPlace } from '../../../../src/images/export/output-place.ts';
import { writeTo } from '../../../../src/images/export/write-output.ts';
import { someBytes } from '../../../support/bytes.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const options = { emitter: silentEmitter };
/** More than a pipe holds (pipe(7)). */
const data = someBytes(300_000);

describe('a place for an output', () => {
  it('is a file, a device or a pipe, and no folder', async () => {
    expect(await outputPlace('/dev/null')).toEqual({ kind: 'device', path: '/dev/null' });
    expect(await outputPlace(import.meta.filename)).toEqual({ kind: 'file', path: import.meta.filename });
    expect(await outputPlace('/nonexistent/file')).toEqual({ kind: 'file', path: '/nonexistent/file' });
    await expect(outputPlace('/dev')).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
    await expect(filePlace('/dev/null')).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
  });

  it.each(['there', 'not there yet'])(
    'behind symbolic links is written, and the links stay: a file %s',
    async (what) => {
      await mkdir(join(folder.path, 'sub'));
      const target = join(folder.path, 'sub/file');
      if (what === 'there') await writeFile(target, 'old');
      await symlink('sub/file', join(folder.path, 'second'));
      await symlink('second', join(folder.path, 'first'));
      await writeTo(join(folder.path, 'first'), [data], options);
      expect((await readFile(target)).equals(data)).toBe(true);
      expect(await readlink(join(folder.path, 'first'))).toBe('second');
      expect((await readdir(folder.path)).sort()).toEqual(['first', 'second', 'sub']);
    },
  );

  it('that is open is written where it stands, and not put aside', async () => {
    const out = join(folder.path, 'out');
    const log = await open(out, 'w');
    try {
      await log.write('first,');
      for (const fds of ['/proc/self/fd', '/dev/fd'])
        await writeTo(`${fds}/${log.fd}`, [Buffer.from('then,')], options);
      await symlink(`/proc/self/fd/${log.fd}`, join(folder.path, 'link'));
      await writeTo(join(folder.path, 'link'), [Buffer.from('and,')], options);
      await log.write('last');
    } finally {
      await log.close();
    }
    expect(await readFile(out, 'utf8')).toBe('first,then,then,and,last');
    expect((await readdir(folder.path)).sort()).toEqual(['link', 'out']);
  });

  it('that is a pipe waits for a reader, says so, and gets all bytes', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const told = Promise.withResolvers<FirekilnEvent>();
    const writing = writeTo(pipe, [data, data], { emitter: createEmitter(told.resolve, { module: 'x' }) });
    expect(await told.promise).toMatchObject({ text: expect.stringContaining(`read the pipe ${pipe}`) as string });
    expect((await readFile(pipe)).equals(Buffer.concat([data, data]))).toBe(true);
    await writing;
    await writeTo('/dev/null', [data], options);
    expect(await readdir(folder.path)).toEqual(['pipe']);
  });

  it('that has no room is an error', async () => {
    await expect(writeTo('/dev/full', [data], options)).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it('that is a pipe nobody reads, or no longer, holds nobody', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const signal = AbortSignal.timeout(100);
    await expect(writeTo(pipe, [data], { ...options, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const failed = expect(writeTo(pipe, [data, data, data], options)).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
    await promisify(execFile)('head', ['-c', '10', pipe]);
    await failed;
  });
});
