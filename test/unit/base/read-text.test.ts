import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { readTextFile } from '../../../src/base/read-text.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const refuse = (why: string, hint?: string) => new FirekilnError('USAGE', `it ${why}`, { hint });
const options = { shown: 'FILE', maxBytes: 100, refuse };

it('refuses a named pipe, a socket, a device and a folder without waiting', async () => {
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(readTextFile(pipe, { ...options, mayBePipe: true })).rejects.toMatchObject({
    message: 'it is a named pipe',
    hint: `To read it all the same, give it as standard input: - < ${pipe}`,
  });
  const socket = join(folder.path, 'socket');
  const server = createServer().listen(socket);
  await expect(readTextFile(socket, options)).rejects.toMatchObject({ message: 'it is a socket' });
  server.close();
  await expect(readTextFile('/dev/zero', options)).rejects.toMatchObject({ message: 'it is a device' });
  await expect(readTextFile(folder.path, options)).rejects.toMatchObject({ message: 'it is a folder' });
});

/** The path of a pipe that bash made of `<(command)`. */
async function withPipe(command: string, use: (path: string) => Promise<void>): Promise<void> {
  const script = `exec 3< <(${command}); echo made; exec sleep 60`;
  const shell = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    await once(shell.stdout, 'data');
    await use(`/proc/${shell.pid}/fd/3`);
  } finally {
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
  }
}

it('reads the pipe that a shell made', async () => {
  await withPipe('echo FROM scratch', async (path) => {
    expect(await readTextFile(path, { ...options, mayBePipe: true })).toBe('FROM scratch\n');
  });
});

it('waits for a silent writer until its patience or the signal ends it', async () => {
  await withPipe('sleep 60', async (path) => {
    const patient = { ...options, mayBePipe: true };
    await expect(readTextFile(path, { ...patient, patienceMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'waited for the program that writes FILE, in vain',
    });
    const controller = new AbortController();
    const text = readTextFile(path, { ...patient, signal: controller.signal });
    controller.abort(new FirekilnError('ABORTED', 'stopped by SIGINT'));
    await expect(text).rejects.toMatchObject({ code: 'ABORTED', message: 'stopped by SIGINT' });
  });
});

it('stops at the ceiling', async () => {
  await expect(readTextFile('/proc/self/maps', { ...options, maxBytes: 10 })).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
  });
});
