import { createReadStream } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { type Digest, Digester } from '../../base/digest.ts';
import { explainSystemError } from '../../base/system-error.ts';
import { listEntries } from './list-entries.ts';

/** What names the content of a kernel of the user's own and of its modules. */
export async function contentDigests(source: {
  readonly kernel: string;
  readonly modules?: string | undefined;
}): Promise<{ readonly kernel: Digest; readonly modules: Digest | undefined }> {
  const kernel = new Digester();
  await addFile(kernel, source.kernel);
  if (source.modules === undefined) return { kernel: kernel.digest(), modules: undefined };
  const modules = new Digester();
  const entries = (await listEntries(source.modules)).filter(({ entry }) => !entry.isDirectory());
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, full, entry } of entries) {
    modules.update(`${path}\0`);
    if (entry.isSymbolicLink()) modules.update(await readlink(full));
    else if (entry.isFile()) await addFile(modules, full);
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
