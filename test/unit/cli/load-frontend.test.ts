import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';

const urlOf = (path: string) => new URL(`../../../src/${path}`, import.meta.url).href;
const plainly = `await import('${urlOf('frontend/frontend.ts')}');`;
const compiled = `await (await import('${urlOf('cli/load-frontend.ts')}')).loadFrontend();`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firekiln-load-frontend-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs it twice with a compile cache, once to fill it. */
async function runTwice(name: string, script: string): Promise<{ said: string; cacheBytes: number }> {
  const cache = join(folder, name);
  const env = { ...process.env, NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const args = ['--input-type=module', '-e', script];
  await runProcess(process.execPath, { args, env });
  const { stdout, stderr } = await runProcess(process.execPath, { args, env });
  const files = await readdir(cache, { recursive: true });
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(cache, file))).size));
  return { said: Buffer.concat([stdout, stderr]).toString(), cacheBytes: sizes.reduce((a, b) => a + b, 0) };
}

describe('loadFrontend', () => {
  it('leaves every function in the compile cache, and the flags as they were', async () => {
    const tag = `(await import('node:v8')).cachedDataVersionTag()`;
    const lazy = await runTwice('lazy', plainly);
    const eager = await runTwice('eager', `const tag = ${tag}; ${compiled} console.log('same flags', tag === ${tag});`);
    expect(eager.cacheBytes).toBeGreaterThan(lazy.cacheBytes * 1.3);
    expect(eager.said).toContain('plan-dockerfile.ts was accepted');
    expect(eager.said).not.toContain('was rejected');
    expect(eager.said).toContain('same flags true');
  });
});
