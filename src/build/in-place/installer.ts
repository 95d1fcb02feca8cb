import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { readNamedFile } from '../../base/read-named-file.ts';

/** A program of the host that makes the image's command a service of the base's init. */
export interface Installer {
  readonly path: string;
  readonly program: Buffer;
}

const maxBytes = 16 << 20;

/** Throws USAGE for what is no file that could be one. */
export async function readInstaller(path: string): Promise<Installer> {
  const { data, fault = 'is empty' } = await readNamedFile(path, maxBytes);
  if (data !== undefined && data.length > 0) return { path, program: data };
  throw new FirekilnError('USAGE', `--service-file-installer: ${path} ${fault}`, {
    hint: 'Those that come with Firekiln lie in its folder baseos, one for each init system.',
  });
}
