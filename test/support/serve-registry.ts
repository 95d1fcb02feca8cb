import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../src/base/find-program.ts';
import { startProcess } from '../../src/base/process.ts';
import { freePort } from './free-port.ts';

export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

/**
 * Debian's docker-registry on loopback, with its storage below the folder; with `users` (an htpasswd file with bcrypt)
 * it demands a login.
 */
export async function serveRegistry(
  folder: string,
  options: { readonly htpasswd?: string } = {},
): Promise<RealRegistry> {
  const program = await findProgram('docker-registry');
  if (program === undefined) throw new Error('docker-registry is not installed');
  const port = await freePort();
  const storage = join(folder, 'registry');
  await mkdir(storage, { recursive: true });
  const auth =
    options.htpasswd === undefined ? '' : `auth:\n  htpasswd:\n    realm: test\n    path: ${options.htpasswd}\n`;
  const config = join(folder, 'registry.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: ${storage}}\nhttp: {addr: "127.0.0.1:${port}"}\n${auth}`,
  );
  const child = await startProcess(program, { args: ['serve', config], dieWithParent: true });
  const host = `127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer !== undefined) return { host, [Symbol.asyncDispose]: async () => void (await child.stop()) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { stderr } = await child.stop();
  throw new Error(`docker-registry does not answer: ${stderr.toString()}`);
}
