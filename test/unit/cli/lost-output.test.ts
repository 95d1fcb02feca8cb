import { spawn } from 'node:child_process';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const entry = fileURLToPath(new URL('../../../src/cli/firekiln.ts', import.meta.url));

interface Lost {
  /** Nobody reads it from the start. */
  readonly closed?: 'stdout' | 'stderr';
  /** Instead of a pipe. */
  readonly stdout?: number;
}

async function run(
  args: readonly string[],
  { closed, stdout = -1 }: Lost,
): Promise<{ status: unknown; stderr: string }> {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, FIREKILN_DATA_DIR: join(folder.path, 'data'), NO_COLOR: '1' },
    stdio: ['ignore', stdout === -1 ? 'pipe' : stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // Long before a process of Node can write anything.
  if (closed !== undefined) child[closed]?.destroy();
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, stderr };
}

describe('output that is lost', () => {
  it('because nobody reads any more ends no command before its work is done', async () => {
    expect(await run(['images'], { closed: 'stdout' })).toEqual({ status: 0, stderr: '' });
    const context = join(folder.path, 'context');
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const id = join(folder.path, 'id');
    const args = ['build', '--progress', 'plain', '--iidfile', id, context];
    expect((await run(args, { closed: 'stderr' })).status).toBe(0);
    expect(await readFile(id, 'utf8')).toMatch(/^sha256:/);
    const { status, stderr } = await run(['build', '-q', '-o', '-', context], { closed: 'stdout' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[EXPORT_PLACE]: the output was closed before')]);
  });

  it('because there is no room for it is an error', async () => {
    await using full = await open('/dev/full', 'w');
    const { status, stderr } = await run(['images'], { stdout: full.fd });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error\[DISK_FULL\]: writing to standard output: /)]);
  });
});

it('a folder that was removed below a command is no defect', async () => {
  const gone = join(folder.path, 'gone');
  await mkdir(gone);
  const script = 'rmdir "$PWD"; exec "$0" "$@"';
  const child = spawn('sh', ['-c', script, process.execPath, entry, 'build', '.'], { cwd: gone, stdio: 'pipe' });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining('error[USAGE]: the folder that the command was started'),
  ]);
});
