import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { readHostText, readLocalText } from '../../../src/build/read-host-text.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firekiln-text-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

it('reads what comes through a named pipe', async () => {
  const pipe = join(folder, 'Dockerfile');
  execFileSync('mkfifo', [pipe]);
  const reading = readHostText(pipe, pipe, new AbortController().signal);
  await writeFile(pipe, 'FROM scratch\n');
  expect(await reading).toBe('FROM scratch\n');
});

it('stops waiting for a named pipe that nobody writes to', async () => {
  const pipe = join(folder, 'Dockerfile');
  execFileSync('mkfifo', [pipe]);
  const controller = new AbortController();
  const reading = readHostText(pipe, pipe, controller.signal);
  controller.abort(new FirekilnError('ABORTED', 'stopped by SIGINT'));
  await expect(reading).rejects.toMatchObject({ code: 'ABORTED', message: 'stopped by SIGINT' });
});

it('says what a Dockerfile is that can not be read', async () => {
  await symlink('Dockerfile', join(folder, 'Dockerfile'));
  const { signal } = new AbortController();
  await expect(readLocalText({ cwd: folder, folder: '.', named: undefined, signal })).rejects.toMatchObject({
    code: 'DOCKERFILE_MISSING',
    message: 'the Dockerfile Dockerfile is a symbolic link that leads back to itself',
  });
});
