import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentEmitter } from '../../src/base/events.ts';
import { startProcess } from '../../src/base/process.ts';
import { FreshFolder } from '../../src/images/export/fresh-folder.ts';
import { writeOutput } from '../../src/images/export/write-output.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { useCompileCache } from '../support/worker-process.ts';

const folder = useTemporaryFolder();
const worker = new URL('../support/faults/export-worker.ts', import.meta.url);
const { env } = useCompileCache(new URL('../../src/images/export/fresh-folder.ts', import.meta.url));
const at = (...names: string[]) => join(folder.path, ...names);
const temporaries = (place = folder.path) => readdirSync(place).filter((name) => name.startsWith('.tmp-'));

type Kind = 'file' | 'merge' | 'replace' | 'replacing';

/** A process in the middle of an export. */
async function exporting(kind: Kind, dest: string) {
  const ready = Promise.withResolvers<void>();
  const child = await startProcess(process.execPath, {
    args: [worker.pathname, kind, dest],
    env,
    stdout: { each: () => ready.resolve() },
    dieWithParent: true,
  });
  await Promise.race([ready.promise, child.result.then(({ stderr }) => ready.reject(new Error(stderr.toString())))]);
  await ready.promise;
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await child.result;
    },
  };
}

async function exportFile(dest: string): Promise<void> {
  await writeOutput(whole(), { dest, output: undefined, emitter: silentEmitter, signal: undefined });
}

async function* whole() {
  yield Buffer.from('whole');
}

async function exportFolder(dest: string, purpose: 'replace' | 'merge'): Promise<void> {
  await using fresh = await FreshFolder.create(dest, purpose);
  await writeFile(join(fresh.path, 'marker'), 'new');
  if (purpose === 'merge') await fresh.merge();
  else await fresh.replace('marker');
}

describe('an export that is killed', () => {
  it('to a file leaves what the next one to the same place removes, but for that of a live one', async () => {
    const [dead, live] = await Promise.all([exporting('file', at('out.tar')), exporting('file', at('out.tar'))]);
    const other = await exporting('file', at('other.tar'));
    await Promise.all([dead.kill(), other.kill()]);
    expect(temporaries()).toHaveLength(3);
    await exportFile(at('out.tar'));
    expect(readFileSync(at('out.tar'), 'utf8')).toBe('whole');
    expect(temporaries()).toHaveLength(2);
    await live.kill();
    await exportFile(at('out.tar'));
    await exportFile(at('other.tar'));
    expect(temporaries()).toEqual([]);
  });

  it.each(['replace', 'merge'] as const)('to a folder (%s) too', async (kind) => {
    await mkdir(at('there'));
    const dests = [at('new'), at('there')];
    const dead = await Promise.all(dests.map(async (dest) => await exporting(kind, dest)));
    const live = await exporting(kind, at('new'));
    await Promise.all(dead.map(async ({ kill }) => await kill()));
    await Promise.all(dests.map(async (dest) => await exportFolder(dest, kind)));
    expect(temporaries()).toHaveLength(1);
    await live.kill();
    // Meanwhile the place is taken.
    await exportFolder(at('new'), kind);
    expect([temporaries(), readdirSync(at('new')), readdirSync(at('there'))]).toEqual([[], ['marker'], ['marker']]);
  });

  it('while it replaces a folder gives that back, whether the next one ends well or not', async () => {
    await mkdir(at('layout'));
    await writeFile(at('layout/marker'), 'old');
    await (await exporting('replacing', at('layout'))).kill();
    expect(existsSync(at('layout'))).toBe(false);
    {
      await using _given = await FreshFolder.create(at('layout'), 'replace');
      expect(readFileSync(at('layout/marker'), 'utf8')).toBe('old');
    }
    expect(temporaries()).toEqual([]);
  });

  it('takes nothing along that only looks like a leftover', async () => {
    await (await exporting('file', at('x'))).kill();
    const [name = ''] = temporaries();
    const like = (end: string) => at(`${name.slice(0, -16)}${end}`);
    await mkdir(at('mine'));
    await symlink(at('mine'), like('0123456789abcdef'));
    await mkdir(like('1123456789abcdef'));
    await writeFile(join(like('1123456789abcdef'), 'file'), '');
    await writeFile(like('not-hexadecimal!'), '');
    await writeFile(like('2123456789abcdef'), '');
    if (process.getuid?.() === 0) await chown(like('2123456789abcdef'), 1, 1);
    else await chmod(like('2123456789abcdef'), 0);
    const before = (await readdir(folder.path)).filter((it) => it !== name);
    await exportFile(at('x'));
    expect((await readdir(folder.path)).sort()).toEqual([...before, 'x'].sort());
  });
});
