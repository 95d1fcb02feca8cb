import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, Digester } from '../../base/digest.ts';
import { explainSystemError } from '../../base/system-error.ts';

/** What names the content of a kernel of the user's own and of its modules. */
export async function contentDigests(source: {
  readonly kernel: string;
  readonly modules?: string | undefined;
}): Promise<{ readonly kernel: Digest; readonly modules: Digest | undefined }> {
  const kernel = new Digester();
  await addFile(kernel, source.kernel);
  if (source.modules === undefined) return { kernel: kernel.digest(), modules: undefined };
  const modules = new Digester();
  const entries = await readdir(source.modules, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory());
  paths.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1));
  for (const entry of paths) {
    const path = join(entry.parentPath, entry.name);
    modules.update(`${path.slice(source.modules.length)}\0`);
    if (entry.isSymbolicLink()) modules.update(await readlink(path));
    else if (entry.isFile()) await addFile(modules, path);
    modules.update('\0');
  }
  return { kernel: kernel.digest(), modules: modules.digest() };
}

async function addFile(digester: Digester, path: string): Promise<void> {
  try {
    for await (const chunk of createReadStream(path)) digester.update(chunk as Buffer);
  } catch (error) {
    throw explainSystemError(error, 'reading', path);
  }
}
